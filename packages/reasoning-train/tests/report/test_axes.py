import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reasoning_train.report.axes import Axis, figure, plain, round_step, rounded

numbers = st.floats(-1e30, 1e30)


@given(numbers, numbers)
def test_the_rounded_range_holds_its_values_and_has_ticks(first: float, second: float) -> None:
    axis = rounded(min(first, second), max(first, second), 178.0, 12.0, 4)
    slack = 1e-6 * (axis.high - axis.low)
    assert axis.low - slack <= min(first, second)
    assert max(first, second) <= axis.high + slack
    ticks = axis.ticks()
    assert 2 <= len(ticks) <= 7
    assert {ticks[0].at, ticks[-1].at} == {178.0, 12.0}
    assert all(12.0 <= tick.at <= 178.0 for tick in ticks)


@given(st.floats(1e-6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_have_different_labels(low: float, span: float) -> None:
    assume(span / low > 1e-4)
    labels = [tick.label for tick in rounded(low, low + span, 0.0, 100.0).ticks()]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.0, 1.0, ["0", "0.25", "0.50", "0.75", "1.00"]),
        (0.0, 140.0, ["0", "50", "100"]),
        (0.0, 6e-5, ["0", "2e-5", "4e-5", "6e-5"]),
        (-0.02, 0.02, ["-0.02", "-0.01", "0", "0.01", "0.02"]),
    ],
)
def test_labels_are_round(low: float, high: float, labels: list[str]) -> None:
    assert [tick.label for tick in Axis(low, high, 0.0, 100.0).ticks(4)] == labels


def test_percent_and_logarithm() -> None:
    axis = Axis(0.0, 1.0, 100.0, 0.0)
    assert [t.label for t in axis.ticks(2, percent=True)] == ["0 %", "50 %", "100 %"]
    logarithmic = Axis(0.01, 100.0, 0.0, 100.0, logarithmic=True)
    assert [(t.at, t.label) for t in logarithmic.ticks()] == [
        (0.0, "0.01"), (25.0, "0.1"), (50.0, "1"), (75.0, "10"), (100.0, "100")
    ]  # fmt: skip


def test_a_value_beyond_the_ends_stands_at_the_end() -> None:
    assert Axis(0.0, 1.0, 0.0, 100.0).place(7.0) == 100.0


@given(st.floats(1e-12, 1e12), st.integers(1, 10))
def test_steps_are_round_and_few(span: float, count: int) -> None:
    step = round_step(span, count)
    assert span / step <= count * (1 + 1e-6)
    mantissa = float(f"{step:e}".split("e")[0])
    assert min(abs(mantissa - m) for m in (1, 2, 2.5, 5, 10)) < 1e-6


def test_figures() -> None:
    assert [figure(x) for x in (0, 0.00001234, 0.12345, 12.3456, 12345.6, 2e9)] == [
        "0", "1.23e-05", "0.1235", "12.35", "12,346", "2e+09"
    ]  # fmt: skip
    assert plain(0.25, 0.25) == "0.25"
