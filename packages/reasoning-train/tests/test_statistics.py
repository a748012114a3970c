import numpy as np
import pytest

from reasoning_train.statistics import Interval, mean_interval, paired_difference, wilson


def test_wilson_is_the_textbook_formula() -> None:
    k, n, z = 37, 50, 1.959963984540054
    p = k / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    interval = wilson(k, n)
    assert interval.low == pytest.approx(centre - half)
    assert interval.high == pytest.approx(centre + half)


def test_wilson_at_the_ends_has_width() -> None:
    assert wilson(0, 20).high > 0.1
    assert wilson(20, 20).low < 0.9


def test_mean_interval_covers_at_its_rate() -> None:
    rng = np.random.default_rng(0)
    hits = sum(
        (i := mean_interval(rng.normal(1.0, 2.0, 20).tolist())).low <= 1.0 <= i.high
        for _ in range(1000)
    )
    assert 930 <= hits <= 970


def test_a_constant_has_no_width() -> None:
    assert mean_interval([0.5, 0.5]) == Interval(0.5, 0.5)
    assert mean_interval([0.5]) == Interval(0.5, 0.5)


def test_paired_difference_counts_flips() -> None:
    before = [True] * 10 + [False] * 30
    after = [False] * 2 + [True] * 8 + [True] * 12 + [False] * 18
    difference = paired_difference(before, after)
    assert (difference.gained, difference.lost, difference.n) == (12, 2, 40)
    assert difference.difference == pytest.approx(0.25)
    assert difference.p_value == pytest.approx(2 * (1 + 14 + 91) / 2**14)  # two-sided binomial
    assert difference.interval.low > 0


def test_no_flips_is_no_evidence() -> None:
    assert paired_difference([True, False], [True, False]).p_value == 1.0


@pytest.mark.parametrize(("before", "after"), [([True], [True, False]), ([], [])])
def test_other_problems_are_refused(before: list[bool], after: list[bool]) -> None:
    with pytest.raises(ValueError, match="different problems"):
        paired_difference(before, after)
