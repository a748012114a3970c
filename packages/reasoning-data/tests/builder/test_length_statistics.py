import numpy as np
import pytest

from reasoning_data.builder.length_statistics import MEASURES, count_steps, describe, describe_rows


@pytest.mark.parametrize(
    ("rationale", "steps"),
    [
        ("", 0),
        ("1 + 1 = 2, then 2 * 3 = 6.", 2),
        ("Grass is green. So it is.", 2),
        ("One line", 1),
        ("x >= 3 and y != 2", 1),
    ],
)
def test_steps_are_equations_or_else_sentences(rationale, steps):
    assert count_steps(rationale) == steps


def test_unknown_lengths_are_left_out():
    found = describe(np.array([-1, 4, 2, 6, -1], dtype=np.int32))
    assert found == {"mean": 4.0, "p50": 4, "p90": 6, "p99": 6, "min": 2, "max": 6}
    assert describe(np.array([-1], dtype=np.int32)) == {}


def test_only_the_rows_asked_for_count():
    columns = {name: np.array([1, 2, 2, 9]) for name in MEASURES}
    found = describe_rows(columns, np.array([0, 1, 2]))
    assert found["steps_histogram"] == {"1": 1, "2": 2}
    assert found["question_words"]["max"] == 2
