import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_rewards import calibration_report
from reasoning_train.evaluation.auroc import auroc, auroc_interval

FORECASTS = st.lists(
    st.tuples(st.sampled_from([0.05, 0.3, 0.5, 0.8, 0.95]), st.booleans()), min_size=1, max_size=40
)


def by_pairs(confidences: list[float], right: list[bool]) -> tuple[float, float]:
    """AUROC and DeLong's variance as the paper has them: over all pairs."""
    above = [c for c, ok in zip(confidences, right, strict=True) if ok]
    below = [c for c, ok in zip(confidences, right, strict=True) if not ok]
    wins = np.array([[(x > y) + 0.5 * (x == y) for y in below] for x in above])
    v10, v01 = wins.mean(axis=1), wins.mean(axis=0)
    return wins.mean(), v10.var(ddof=1) / len(above) + v01.var(ddof=1) / len(below)


@given(FORECASTS)
def test_mid_ranks_give_what_all_pairs_give(forecasts: list[tuple[float, bool]]) -> None:
    confidences, right = [c for c, _ in forecasts], [ok for _, ok in forecasts]
    found, interval = auroc(confidences, right), auroc_interval(confidences, right)
    if all(right) or not any(right):
        assert (found, interval) == (None, None)
        return
    assert found == pytest.approx(calibration_report(confidences, right).auroc)
    assert found is not None
    assert interval is not None
    assert 0.0 <= interval.low <= found + 1e-12
    assert found - 1e-12 <= interval.high <= 1.0
    if min(sum(right), len(right) - sum(right)) > 1 and 0.0 < found < 1.0:
        area, variance = by_pairs(confidences, right)
        spread = 1.96 * math.sqrt(variance) / (area * (1 - area))
        logit = math.log(area / (1 - area))
        if variance > 0:
            assert interval.low == pytest.approx(1 / (1 + math.exp(spread - logit)))
            assert interval.high == pytest.approx(1 / (1 + math.exp(-spread - logit)))


def test_a_perfect_ranking_of_few_is_not_certain() -> None:
    perfect = auroc_interval([0.9, 0.8, 0.2], [True, True, False])
    assert perfect is not None
    assert perfect.low < 0.5
    assert perfect.high == 1.0
    many = auroc_interval([0.9] * 100 + [0.2] * 100, [True] * 100 + [False] * 100)
    assert many is not None
    assert many.low > 0.9


def test_one_value_ranks_nothing() -> None:
    interval = auroc_interval([0.85] * 10, [True] * 5 + [False] * 5)
    assert interval is not None
    assert (interval.low, interval.high) == (0.5, 0.5)


def test_the_interval_holds_its_rate() -> None:
    """Normal scores one standard deviation apart: the true AUROC is Φ(1/√2) = .760."""
    rng = np.random.default_rng(0)
    truth, held = 0.5 * (1 + math.erf(0.5)), 0
    for _ in range(300):
        scores = np.concatenate([rng.normal(1, 1, 60), rng.normal(0, 1, 40)])
        interval = auroc_interval(list(scores), [True] * 60 + [False] * 40)
        assert interval is not None
        held += interval.low <= truth <= interval.high
    # 95 % of 300 is 285, with a standard deviation of 4.
    assert 273 <= held <= 297
