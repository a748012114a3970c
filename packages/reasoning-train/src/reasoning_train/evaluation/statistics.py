"""Intervals and paired tests for evaluations that hold for few problems and at the edges."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import stats

DRAWS = 10_000
_CHUNK = 1_000
"""Draws made at once, to bound memory."""
_Z = float(stats.norm.ppf(0.975))


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % confidence interval."""

    low: float
    high: float


def wilson(successes: int, n: int) -> Interval:
    """Wilson's score interval of a proportion (Wilson 1927)."""
    interval = stats.binomtest(successes, n).proportion_ci(method="wilson")
    return Interval(float(interval.low), float(interval.high))


def mean_interval(values: Sequence[float]) -> Interval:
    """Student's t interval of the mean of values without bounds, such as lengths in tokens.

    The value itself where nothing varies: such values do not say how far others could lie.
    """
    array = np.asarray(values, dtype=float)
    mean, error = float(array.mean()), float(stats.sem(array)) if len(array) > 1 else 0.0
    if error == 0.0:
        return Interval(mean, mean)
    low, high = stats.t.interval(0.95, len(array) - 1, loc=mean, scale=error)
    return Interval(float(low), float(high))


def bounded_mean_interval(values: Sequence[float], low: float = 0.0, high: float = 1.0) -> Interval:
    """Interval of the mean of values that cannot leave `[low, high]`, such as rewards or pass@k.

    Percentiles of a Bayesian bootstrap (Rubin 1981, Ann. Stat. 9(1)) with half an observation
    added at both bounds, as Jeffreys' prior adds half a success and half a failure. So the
    interval stays within the bounds and has a width even where all values agree, which Student's
    t and the ordinary bootstrap have not. It always holds the mean. The seed is fixed.

    Args:
        values: At least one.
        low: Least value possible; lower values widen the bounds.
        high: Greatest value possible; higher values widen the bounds.
    """
    array = np.asarray(values, dtype=float)
    ends = [min(low, float(array.min())), max(high, float(array.max()))]
    padded = np.concatenate([array, ends])
    shapes = np.concatenate([np.ones(len(array)), [0.5, 0.5]])
    rng = np.random.default_rng(0)
    means = []
    for _ in range(0, DRAWS, _CHUNK):
        weights = rng.standard_gamma(shapes, (_CHUNK, len(padded)))
        means.append(weights @ padded / weights.sum(axis=1))
    bottom, top = np.percentile(np.concatenate(means), [2.5, 97.5])
    mean = float(array.mean())
    return Interval(min(float(bottom), mean), max(float(top), mean))


def paired_score_interval(gained: int, lost: int, n: int) -> Interval:
    """Tango's score interval of a paired difference of shares, `(gained - lost) / n`.

    The differences that a score test does not reject (Tango 1998, Stat. Med. 17, eq. 12 and the
    constrained estimate of eq. 6). Unlike an interval from the variance of the differences it has
    a width where no pair is discordant, and holds its rate where few are.

    Args:
        gained: Pairs that are right only after.
        lost: Pairs that were right only before.
        n: Pairs.
    """

    def score(difference: float) -> float:
        spread = difference * (1 - difference)
        linear = (2 * n - gained + lost) * difference - gained - lost
        q = (math.sqrt(max(linear**2 + 8 * n * lost * spread, 0.0)) - linear) / (4 * n)
        error = math.sqrt(max(n * (2 * q + spread), 0.0))
        distance = gained - lost - n * difference
        return distance / error if error > 0 else math.copysign(math.inf, distance)

    estimate = (gained - lost) / n
    ends = []
    for end, z in ((-1.0, _Z), (1.0, -_Z)):
        inside = (score(end) - z) * z < 0
        ends.append(end if inside else _crossing(score, z, end, estimate))
    return Interval(ends[0], ends[1])


def _crossing(score: Callable[[float], float], z: float, end: float, estimate: float) -> float:
    """Where the score comes to `z`, between a bound of the difference and its estimate."""
    outside, within = end, estimate
    for _ in range(60):  # Bisection: the score is infinite at the bounds, where Brent's fails.
        middle = (outside + within) / 2
        if abs(score(middle)) > abs(z):
            outside = middle
        else:
            within = middle
    return (outside + within) / 2


class PairedTest(StrEnum):
    """The test behind a p-value."""

    MCNEMAR = "McNemar"
    PAIRED_T = "paired t"


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Two evaluations of the same problems: `after - before` of a share or a mean.

    Attributes:
        difference: In [-1, 1].
        interval: 95 %: `paired_score_interval` of shares, `bounded_mean_interval` of means.
        p_value: McNemar's exact test (McNemar 1947): the discordant pairs against a fair coin; for
            means the paired t test.
        gained: Problems that are better after.
        lost: Problems that were better before.
        n: Problems.
        test: Which of the two tests.
    """

    difference: float
    interval: Interval
    p_value: float
    gained: int
    lost: int
    n: int
    test: PairedTest = PairedTest.MCNEMAR


def paired_difference(before: Sequence[bool], after: Sequence[bool]) -> PairedDifference:
    """Compare two lists of outcomes over the same problems, in the same order.

    Raises:
        ValueError: If the lists differ in length or are empty.
    """
    changes = _changes(before, after)
    gained, lost = int((changes > 0).sum()), int((changes < 0).sum())
    discordant = gained + lost
    p_value = float(stats.binomtest(gained, discordant).pvalue) if discordant else 1.0
    interval = paired_score_interval(gained, lost, len(changes))
    return _difference(changes, interval, p_value, PairedTest.MCNEMAR)


def paired_mean_difference(before: Sequence[float], after: Sequence[float]) -> PairedDifference:
    """Compare two lists of values, such as rewards, over the same problems, in the same order.

    Raises:
        ValueError: If the lists differ in length or are empty.
    """
    changes = _changes(before, after)
    interval = bounded_mean_interval(changes.tolist(), -1.0, 1.0)
    return _difference(changes, interval, _t_test(changes), PairedTest.PAIRED_T)


def _changes(before: Sequence[float], after: Sequence[float]) -> np.ndarray:
    if len(before) != len(after) or not before:
        raise ValueError(f"outcomes of different problems: {len(before)} and {len(after)}")
    changes: np.ndarray = np.asarray(after, dtype=float) - np.asarray(before, dtype=float)
    return changes


def _difference(
    changes: np.ndarray, interval: Interval, p_value: float, test: PairedTest
) -> PairedDifference:
    return PairedDifference(
        difference=float(changes.mean()),
        interval=interval,
        p_value=p_value,
        gained=int((changes > 0).sum()),
        lost=int((changes < 0).sum()),
        n=len(changes),
        test=test,
    )


def _within_one(interval: Interval) -> Interval:
    """A difference of shares or rewards is in [-1, 1]; the normal theory of few pairs is not."""
    return Interval(max(interval.low, -1.0), min(interval.high, 1.0))


def _t_test(values: np.ndarray) -> float:
    """Two-sided p-value that the mean is 0 (Student 1908).

    Values that do not vary leave no error to divide by; then the sign test: all of them on one
    side of 0, or none off it.
    """
    if np.ptp(values) == 0.0:
        return float(2.0 ** (1 - len(values))) if values[0] else 1.0
    return float(stats.ttest_1samp(values, 0.0).pvalue)


@dataclass(frozen=True, slots=True)
class PooledDifference:
    """`after - before` over runs that differ in their seed, all on the same problems.

    Attributes:
        difference: Mean of the seeds' differences.
        seed_interval: 95 %, Student's t over the seeds' differences: what other seeds would give on
            these problems. Seeds that agree to the last digit do not say how far others would
            lie; then it is the interval over the problems.
        crossed_interval: 95 %, from a standard error clustered by seed and by problem: what other
            seeds would give on other problems of the kind; never narrower than `seed_interval`.
        p_value: Two-sided t test over the seeds' differences.
        per_seed: The difference of each seed.
        seeds: The seeds.
        n: Problems of each.
    """

    difference: float
    seed_interval: Interval
    crossed_interval: Interval
    p_value: float
    per_seed: tuple[float, ...]
    seeds: tuple[int, ...]
    n: int


def pooled_difference(changes: Sequence[Sequence[float]], seeds: Sequence[int]) -> PooledDifference:
    """Pool paired differences `changes[seed][problem]`, `[S, N]`.

    Raises:
        ValueError: If there are fewer than two seeds, or rows of different length.
    """
    if len(changes) < 2 or len(changes) != len(seeds) or len({len(row) for row in changes}) != 1:
        raise ValueError(f"not several seeds of the same problems: {[len(r) for r in changes]}")
    changes_sn = np.asarray(changes, dtype=float)
    per_seed = changes_sn.mean(axis=1)
    crossed = _within_one(crossed_interval(changes))
    if np.ptp(per_seed) > 0.0:
        over_seeds = _within_one(mean_interval(per_seed.tolist()))
    else:
        over_seeds = bounded_mean_interval(changes_sn.mean(axis=0).tolist(), -1.0, 1.0)
        crossed = Interval(min(crossed.low, over_seeds.low), max(crossed.high, over_seeds.high))
    return PooledDifference(
        difference=float(per_seed.mean()),
        seed_interval=over_seeds,
        crossed_interval=crossed,
        p_value=_t_test(per_seed),
        per_seed=tuple(per_seed.tolist()),
        seeds=tuple(seeds),
        n=changes_sn.shape[1],
    )


def crossed_interval(values: Sequence[Sequence[float]]) -> Interval:
    """Interval of the mean of `values[seed][problem]`, `[S, N]`: like rows, and like columns.

    The variance is that of the row means, plus that of the column means, less that of single values
    (Cameron, Gelbach & Miller 2011, J. Bus. Econ. Stat. 29(2), eq. 2.11); never less than either
    alone. Student's t with `min(S, N) - 1` degrees of freedom: five seeds are few, and percentiles
    of a bootstrap over five would be too narrow.
    """
    values_sn = np.asarray(values, dtype=float)
    rows, columns = values_sn.mean(axis=1), values_sn.mean(axis=0)
    by_row, by_column, single = (
        float(part.var(ddof=1)) / part.size for part in (rows, columns, values_sn)
    )
    error = max(by_row + by_column - single, by_row, by_column) ** 0.5
    half = float(stats.t.ppf(0.975, min(values_sn.shape) - 1)) * error
    mean = float(values_sn.mean())
    return Interval(mean - half, mean + half)


def crossed_share_interval(values: Sequence[Sequence[float]]) -> Interval:
    """`crossed_interval` of values in [0, 1]; over the problems alone where nothing varies."""
    interval = crossed_interval(values)
    if interval.low == interval.high:
        return bounded_mean_interval(np.asarray(values, dtype=float).mean(axis=0).tolist())
    return Interval(max(interval.low, 0.0), min(interval.high, 1.0))
