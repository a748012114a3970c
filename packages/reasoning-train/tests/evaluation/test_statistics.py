"""Formulas against scipy, statsmodels and simulation."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.sandwich_covariance import cov_cluster_2groups
from statsmodels.stats.weightstats import DescrStatsW

from reasoning_train.evaluation.statistics import (
    Interval,
    PairedTest,
    bounded_mean_interval,
    crossed_interval,
    crossed_share_interval,
    mean_interval,
    paired_difference,
    paired_mean_difference,
    paired_score_interval,
    pooled_difference,
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


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_the_interval_of_a_bounded_mean(values: list[float]) -> None:
    interval = bounded_mean_interval(values)
    assert 0.0 <= interval.low <= np.mean(values) + 1e-12
    assert np.mean(values) - 1e-12 <= interval.high <= 1.0
    assert interval.high - interval.low > 0.5 / (len(values) + 1)


def test_ends_that_others_do_not_leave_are_jeffreys() -> None:
    for right, n in ((0, 20), (3, 20), (19, 20), (64, 64)):
        jeffreys = stats.beta(right + 0.5, n - right + 0.5)
        found = bounded_mean_interval([1.0] * right + [0.0] * (n - right))
        low = 0.0 if right == 0 else jeffreys.ppf(0.025)
        high = 1.0 if right == n else jeffreys.ppf(0.975)
        assert (found.low, found.high) == pytest.approx((low, high), abs=0.005)


def test_values_beyond_the_bounds_widen_them() -> None:
    assert bounded_mean_interval([2.0, 2.0, 2.0]).high == 2.0
    assert bounded_mean_interval([2.0, 2.0, 2.0], -1.0).low < bounded_mean_interval([2.0] * 3).low


def rewards(rng: np.random.Generator, n: int, kind: str) -> np.ndarray:
    """Values in [0, 1] as rewards come, with means .5, .74, .963 and .0325."""
    if kind == "even":
        return rng.random(n)
    if kind == "two heaps":
        return np.where(rng.random(n) < 0.7, 0.9, 0.3) + rng.normal(0, 0.02, n).clip(-0.1, 0.1)
    few, rest, share = (0.3, 1.0, 0.05) if kind == "nearly all full" else (0.65, 0.0, 0.05)
    return np.where(rng.random(n) < share, few, rest)


@pytest.mark.parametrize("n", [16, 64])
@pytest.mark.parametrize(
    ("kind", "mean"),
    [("even", 0.5), ("two heaps", 0.72), ("nearly all full", 0.965), ("nearly nothing", 0.0325)],
)
def test_a_bounded_mean_is_covered_at_its_rate(kind: str, mean: float, n: int) -> None:
    rng = np.random.default_rng(6)
    hits = 0
    for _ in range(200):
        interval = bounded_mean_interval(rewards(rng, n, kind).tolist())
        hits += interval.low <= mean <= interval.high
    assert hits >= 183  # 190 at the rate of 95 %; two standard errors below.


def test_paired_difference_counts_flips() -> None:
    before = [True] * 10 + [False] * 30
    after = [False] * 2 + [True] * 8 + [True] * 12 + [False] * 18
    difference = paired_difference(before, after)
    assert (difference.gained, difference.lost, difference.n) == (12, 2, 40)
    assert difference.difference == pytest.approx(0.25)
    assert difference.p_value == pytest.approx(2 * (1 + 14 + 91) / 2**14)  # two-sided binomial
    assert difference.interval.low > 0


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
    assert paired_mean_difference([0.5, 0.25], [0.75, 0.5]).p_value == 0.5  # two of two


@given(
    st.integers(1, 80)
    .flatmap(lambda n: st.tuples(st.integers(0, n), st.integers(0, n), st.just(n)))
    .filter(lambda c: c[0] + c[1] <= c[2])
)
def test_tangos_interval_holds_what_the_score_test_does_not_reject(
    counts: tuple[int, int, int],
) -> None:
    gained, lost, n = counts
    interval = paired_score_interval(gained, lost, n)
    assert -1.0 <= interval.low <= (gained - lost) / n <= interval.high <= 1.0
    assert interval.high - interval.low > 1 / (n + 1)
    for end, side in ((interval.low, 1), (interval.high, -1)):
        if abs(end) < 1:
            assert score(gained, lost, n, end) == pytest.approx(side * 1.959964, abs=1e-4)


def score(gained: int, lost: int, n: int, difference: float) -> float:
    """The score statistic, its share of losses found by search instead of Tango's equation 6."""

    def surprise(loss: float) -> float:
        shares = (loss + difference, loss, 1 - 2 * loss - difference)
        held = zip((gained, lost, n - gained - lost), shares, strict=True)
        return -sum(count * np.log(max(share, 1e-300)) for count, share in held if count)

    bounds = max(0.0, -difference), (1 - difference) / 2
    loss = optimize.minimize_scalar(
        surprise, bounds=bounds, method="bounded", options={"xatol": 1e-12}
    ).x
    error = np.sqrt(n * (2 * loss + difference - difference**2))
    return float((gained - lost - n * difference) / error)


def coverage(n: int, gain: float, loss: float, interval: Callable[[int, int], Interval]) -> float:
    """Probability that the interval holds `gain - loss`, summed over all outcomes."""
    total = 0.0
    for discordant in range(n + 1):
        weight = stats.binom.pmf(discordant, n, gain + loss)
        if weight < 1e-9:
            continue
        for gained in range(discordant + 1):
            found = interval(gained, discordant - gained)
            if found.low <= gain - loss <= found.high:
                total += weight * stats.binom.pmf(gained, discordant, gain / (gain + loss))
    return float(total)


@pytest.mark.parametrize(("gain", "loss"), [(0.02, 0.02), (0.04, 0.0), (0.03, 0.01), (0.2, 0.1)])
@pytest.mark.parametrize("n", [16, 64])
def test_a_paired_difference_is_covered_at_its_rate(n: int, gain: float, loss: float) -> None:
    found = coverage(n, gain, loss, lambda g, lo: paired_score_interval(g, lo, n))
    assert found >= 0.93


def test_the_interval_from_the_variance_did_not() -> None:
    def of_variance(gained: int, lost: int) -> Interval:
        return mean_interval([1.0] * gained + [-1.0] * lost + [0.0] * (64 - gained - lost))

    assert coverage(64, 0.03, 0.01, of_variance) == pytest.approx(0.851, abs=1e-3)


def test_no_change_at_all_has_a_width() -> None:
    same = [True, False] * 8
    interval = paired_difference(same, same).interval
    assert (interval.low, interval.high) == pytest.approx((-0.1936, 0.1936), abs=1e-4)
    mean = paired_mean_difference([0.5] * 16, [0.5] * 16).interval
    assert mean.low < -0.02 < 0.02 < mean.high


def test_seeds_that_agree_fall_back_on_the_problems() -> None:
    changes = [1.0, 0.0, 0.0, 0.0] * 5
    pooled = pooled_difference([changes, changes], [0, 1])
    assert pooled.seed_interval == bounded_mean_interval(changes, -1.0, 1.0)
    assert pooled.crossed_interval.low <= pooled.seed_interval.low
    assert pooled.crossed_interval.high >= pooled.seed_interval.high
    nothing = pooled_difference([[0.0] * 16] * 3, [0, 1, 2])
    assert nothing.seed_interval.low < -0.02 < 0.02 < nothing.crossed_interval.high
    assert nothing.p_value == 1.0


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
    for value in (0.0, 0.5, 1.0):
        assert crossed_share_interval([[value] * 20] * 3) == bounded_mean_interval([value] * 20)
    rows = [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    assert crossed_interval(rows).low < 0.0
    assert crossed_share_interval(rows) == Interval(0.0, 1.0)
    rows = np.random.default_rng(5).uniform(0.4, 0.6, (4, 30)).tolist()
    assert crossed_share_interval(rows) == crossed_interval(rows)


@pytest.mark.parametrize("rows", [[], [[1.0]], [[1.0], [1.0, 0.0]]])
def test_one_seed_or_ragged_rows_are_refused(rows: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="not several seeds"):
        pooled_difference(rows, list(range(len(rows))))
