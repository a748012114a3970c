import re

from hypothesis import given
from hypothesis import strategies as st

from reasoning_train.report.charts import (
    BOTTOM,
    LEFT,
    MOST_POINTS,
    RIGHT,
    TOP,
    Input,
    bucketed,
    line_chart,
    rolling,
)


def chart(series: list[tuple[int, float]], **options: bool):  # type: ignore[no-untyped-def]
    return line_chart("c", "Loss", [Input("loss", "stage-sft", series)], **options)


@given(st.lists(st.floats(), min_size=1, max_size=700), st.booleans(), st.booleans())
def test_whatever_the_values_the_drawing_stays_inside(
    values: list[float], percent: bool, logarithmic: bool
) -> None:
    drawn = chart(list(enumerate(values, start=1)), percent=percent, may_be_logarithmic=logarithmic)
    for line in drawn.lines:
        for path in (line.smooth, line.raw, line.band):
            for x, y in re.findall(r"[ML]([^,]+),([^MLZ]+)", path):
                assert LEFT <= float(x) <= RIGHT
                assert TOP <= float(y) <= BOTTOM
    assert len(drawn.rows) == len(drawn.places) <= MOST_POINTS


def test_short_series_keep_every_value_in_the_table() -> None:
    drawn = chart([(1, 2.0), (2, 1.0), (3, 0.5)])
    assert drawn.header == ("step", "loss")
    assert drawn.rows == (("1", "2"), ("2", "1"), ("3", "0.5"))
    assert "from 2 at step 1 to 0.5 at step 3; lowest 0.5, highest 2" in drawn.description


def test_long_series_are_means_in_a_band() -> None:
    series = [(step, float(step % 2)) for step in range(1, 1001)]
    buckets = bucketed(series)
    assert len(buckets) == 200
    assert {(b.mean, b.low, b.high) for b in buckets} <= {(0.4, 0.0, 1.0), (0.6, 0.0, 1.0)}
    drawn = chart(series)
    assert drawn.lines[0].band.endswith("Z")
    assert "mean of 5 steps" in drawn.note


def test_a_value_that_is_not_finite_is_not_averaged_away() -> None:
    series = [(step, 1.0) for step in range(1, 1001)]
    series[500] = (501, float("nan"))
    drawn = chart(series)
    assert len(drawn.lines[0].bad) == 1
    assert "1 values not finite" in drawn.description
    assert "nan" in {row[1] for row in drawn.rows}


def test_a_spike_makes_the_axis_logarithmic_only_where_that_is_allowed() -> None:
    series = [(1, 1.0), (2, 1.1), (3, 1.2), (4, 900.0)]
    assert "logarithmic" in chart(series, may_be_logarithmic=True).note
    assert "logarithmic" not in chart(series).note


def test_nothing_to_draw() -> None:
    assert chart([]) is None


def test_two_lines_share_steps() -> None:
    drawn = line_chart(
        "c", "t", [Input("a", "x", [(1, 1.0), (2, 2.0)]), Input("b", "y", [(2, 5.0), (3, 6.0)])]
    )
    assert drawn is not None
    assert drawn.rows == (("1", "1", ""), ("2", "2", "5"), ("3", "", "6"))


def test_rolling_mean() -> None:
    assert rolling([0.0, 3.0, 6.0], 3) == [1.5, 3.0, 4.5]
    assert rolling([1.0, 5.0], 1) == [1.0, 5.0]
