import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_rewards import RewardError, calibration_report


def test_perfect_and_inverted_forecasts() -> None:
    perfect = calibration_report([1.0, 0.0, 1.0, 0.0], [1, 0, 1, 0])
    assert (perfect.ece, perfect.brier, perfect.auroc) == (0.0, 0.0, 1.0)
    inverted = calibration_report([0.0, 1.0], [1, 0])
    assert (inverted.ece, inverted.brier, inverted.auroc) == (1.0, 1.0, 0.0)


def test_a_worked_example() -> None:
    report = calibration_report([0.9, 0.9, 0.9, 0.9, 0.3], [1, 1, 1, 0, 0])
    # Bin .9: accuracy .75, gap .15, four of five; bin .3: accuracy 0, gap .3, one of five.
    assert report.ece == pytest.approx(0.8 * 0.15 + 0.2 * 0.3)
    assert report.brier == pytest.approx((3 * 0.01 + 0.81 + 0.09) / 5)
    # Six pairs of right and wrong: three ties at .9 (half each), three wins over .3.
    assert report.auroc == pytest.approx((3 * 0.5 + 3) / 6)
    assert (report.commonest_confidence, report.commonest_share) == (0.9, 0.8)
    assert [(row.count, row.accuracy) for row in report.bins] == [(1, 0.0), (4, 0.75)]


def test_booleans_and_one_class() -> None:
    report = calibration_report([0.5, 0.5], [True, True])
    assert (report.accuracy, report.auroc) == (1.0, 0.5)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_bounds_and_brute_force_auroc(pairs: list[tuple[float, bool]]) -> None:
    confidences, outcomes = [c for c, _ in pairs], [float(y) for _, y in pairs]
    report = calibration_report(confidences, outcomes)
    assert 0 <= report.ece <= 1 + 1e-9
    assert 0 <= report.brier <= 1
    assert sum(row.count for row in report.bins) == len(pairs)
    right = [c for c, y in pairs if y]
    wrong = [c for c, y in pairs if not y]
    if right and wrong:
        wins = sum((r > w) + 0.5 * (r == w) for r in right for w in wrong)
        assert report.auroc == pytest.approx(wins / (len(right) * len(wrong)))


@pytest.mark.parametrize(
    ("confidences", "outcomes"),
    [([], []), ([0.5], [1, 0]), ([1.5], [1]), ([math.nan], [1]), ([0.5], [2])],
)
def test_bad_input_is_named(confidences: list[float], outcomes: list[float]) -> None:
    with pytest.raises(RewardError):
        calibration_report(confidences, outcomes)
