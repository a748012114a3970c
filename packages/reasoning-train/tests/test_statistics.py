"""Formulas against scipy, statsmodels and simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.sandwich_covariance import cov_cluster_2groups
from statsmodels.stats.weightstats import DescrStatsW

from reasoning_train.statistics import (
    Interval,
    PairedTest,
    crossed_interval,
    crossed_share_interval,
    mean_interval,
    paired_difference,
    paired_mean_difference,
    pooled_difference,
    share_interval,
    wilson,
)

OUTCOMES = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=60)


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_that_of_statsmodels(counts: tuple[int, int]) -> None:
    low, high = proportion_confint(*counts, alpha=0.05, method="wilson")
    interval = wilson(*counts)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-9)


def test_wilson_at_the_ends_has_width() -> None:
    assert wilson(0, 20).high > 0.1
    assert wilson(20, 20).low < 0.9


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=30).filter(lambda v: np.ptp(v) > 1e-6))
def test_the_interval_of_a_mean_is_that_of_statsmodels(values: list[float]) -> None:
    interval = mean_interval(values)
    expected = DescrStatsW(values).tconfint_mean(alpha=0.05)
    assert (interval.low, interval.high) == pytest.approx(expected, rel=1e-6, abs=1e-9)


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


def test_the_interval_of_shares_stays_in_range_and_has_width() -> None:
    assert share_interval([0.0] * 20) == wilson(0, 20)
    assert share_interval([1.0] * 20) == wilson(20, 20)
    assert share_interval([0.4, 0.5, 0.6]) == mean_interval([0.4, 0.5, 0.6])
    assert share_interval([0.0, 0.0, 0.5]).low == 0.0
    assert share_interval([1.0, 1.0, 0.5]).high == 1.0


def test_paired_difference_counts_flips() -> None:
    before = [True] * 10 + [False] * 30
    after = [False] * 2 + [True] * 8 + [True] * 12 + [False] * 18
    difference = paired_difference(before, after)
    assert (difference.gained, difference.lost, difference.n) == (12, 2, 40)
    assert difference.difference == pytest.approx(0.25)
    assert difference.p_value == pytest.approx(2 * (1 + 14 + 91) / 2**14)  # two-sided binomial
    assert difference.interval.low > 0
    assert difference.bootstrap.low > 0


@given(OUTCOMES)
def test_the_p_value_is_mcnemars_exact_one(outcomes: list[tuple[bool, bool]]) -> None:
    table = [[outcomes.count((x, y)) for y in (True, False)] for x in (True, False)]
    difference = paired_difference(*map(list, zip(*outcomes, strict=True)))
    assert difference.p_value == pytest.approx(mcnemar(table, exact=True).pvalue)


def test_no_flips_is_no_evidence() -> None:
    assert paired_difference([True, False], [True, False]).p_value == 1.0


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=40))
def test_means_are_compared_by_the_paired_t_test(pairs: list[tuple[float, float]]) -> None:
    before, after = (np.array(column) for column in zip(*pairs, strict=True))
    difference = paired_mean_difference(before.tolist(), after.tolist())
    assert difference.test is PairedTest.PAIRED_T
    assert difference.difference == pytest.approx((after - before).mean())
    if np.ptp(after - before) > 1e-6:
        assert difference.p_value == pytest.approx(stats.ttest_rel(after, before).pvalue)


def test_a_difference_that_never_varies() -> None:
    assert paired_mean_difference([0.5, 0.25], [0.5, 0.25]).p_value == 1.0
    assert paired_mean_difference([0.5, 0.25], [0.75, 0.5]).p_value == 0.0


def test_the_bootstrap_is_that_of_scipy() -> None:
    rng = np.random.default_rng(1)
    before, after = rng.random((2, 150))
    ours = paired_mean_difference(before.tolist(), after.tolist()).bootstrap
    theirs = stats.bootstrap(
        (after - before,), np.mean, method="percentile", n_resamples=10_000, batch=100
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.004)


@pytest.mark.parametrize(("before", "after"), [([True], [True, False]), ([], [])])
def test_other_problems_are_refused(before: list[bool], after: list[bool]) -> None:
    with pytest.raises(ValueError, match="different problems"):
        paired_difference(before, after)


def crossed(
    rng: np.random.Generator, s: int, n: int, of_seed: float, of_problem: float
) -> np.ndarray:
    """Changes `[S, N]` around 0 that vary with seed, problem and chance."""
    seeds, problems = rng.normal(0, of_seed, (s, 1)), rng.normal(0, of_problem, (1, n))
    return seeds + problems + rng.normal(0, 0.3, (s, n))


def test_seeds_are_pooled_by_a_t_test_over_their_means() -> None:
    changes = crossed(np.random.default_rng(2), 5, 40, 0.1, 0.2)
    pooled = pooled_difference(changes.tolist(), range(5))
    means = changes.mean(axis=1)
    expected = stats.ttest_1samp(means, 0.0)
    low, high = expected.confidence_interval(0.95)
    assert pooled.p_value == pytest.approx(expected.pvalue)
    assert (pooled.seed_interval.low, pooled.seed_interval.high) == pytest.approx((low, high))
    assert pooled.per_seed == pytest.approx(tuple(means))
    assert (pooled.seeds, pooled.n) == ((0, 1, 2, 3, 4), 40)


def test_the_error_over_seeds_and_problems_is_that_of_statsmodels() -> None:
    changes = crossed(np.random.default_rng(3), 5, 60, 0.1, 0.2)
    seeds, problems = np.indices(changes.shape)
    fit = OLS(changes.ravel(), np.ones(changes.size)).fit()
    both, _, _ = cov_cluster_2groups(fit, seeds.ravel(), problems.ravel())
    half = stats.t.ppf(0.975, 4) * both[0, 0] ** 0.5
    found = pooled_difference(changes.tolist(), range(5)).crossed_interval
    mean = changes.mean()
    assert (found.low, found.high) == pytest.approx((mean - half, mean + half))


@given(st.integers(0, 100), st.integers(2, 6), st.integers(2, 30))
def test_it_is_never_narrower_than_over_seeds_alone(seed: int, s: int, n: int) -> None:
    changes = crossed(np.random.default_rng(seed), s, max(n, s), 0.1, 0.2)
    pooled = pooled_difference(changes.tolist(), range(s))
    seeds, both = pooled.seed_interval, pooled.crossed_interval
    assert both.low <= seeds.low + 1e-12
    assert seeds.high <= both.high + 1e-12


@pytest.mark.parametrize(("of_seed", "of_problem"), [(0.2, 0.5), (0.05, 0.5), (0.2, 0.0)])
def test_the_crossed_interval_covers_at_its_rate(of_seed: float, of_problem: float) -> None:
    rng = np.random.default_rng(4)
    intervals = [
        pooled_difference(crossed(rng, 5, 40, of_seed, of_problem).tolist(), range(5))
        for _ in range(300)
    ]
    # 285 of 300 at the rate of 95 %; three standard errors below.
    assert sum(i.crossed_interval.low <= 0.0 <= i.crossed_interval.high for i in intervals) >= 274


def test_the_interval_of_crossed_shares_stays_in_range_and_has_width() -> None:
    assert crossed_share_interval([[0.0] * 20] * 3) == wilson(0, 20)
    assert crossed_share_interval([[1.0] * 20] * 3) == wilson(20, 20)
    rows = [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    assert crossed_interval(rows).low < 0.0
    assert crossed_share_interval(rows) == Interval(0.0, 1.0)
    rows = np.random.default_rng(5).uniform(0.4, 0.6, (4, 30)).tolist()
    assert crossed_share_interval(rows) == crossed_interval(rows)


@pytest.mark.parametrize("rows", [[], [[1.0]], [[1.0], [1.0, 0.0]]])
def test_one_seed_or_ragged_rows_are_refused(rows: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="not several seeds"):
        pooled_difference(rows, list(range(len(rows))))
