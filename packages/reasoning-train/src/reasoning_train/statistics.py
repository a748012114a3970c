"""Intervals and paired tests for evaluations; the formulas are scipy's."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import stats

RESAMPLES = 10_000
_CHUNK = 1_000
"""Resamples made at once, to bound memory."""


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
    """Student's t interval of a mean; the value itself where nothing varies."""
    array = np.asarray(values, dtype=float)
    mean, error = float(array.mean()), float(stats.sem(array)) if len(array) > 1 else 0.0
    if error == 0.0:
        return Interval(mean, mean)
    low, high = stats.t.interval(0.95, len(array) - 1, loc=mean, scale=error)
    return Interval(float(low), float(high))


def share_interval(values: Sequence[float]) -> Interval:
    """Interval of the mean of values in [0, 1], such as each problem's pass@k.

    Student's t, kept within [0, 1]. Where all values are 0 or all are 1 they say no more than as
    many outcomes would, and the interval is Wilson's.
    """
    if len(set(values)) == 1 and values[0] in (0.0, 1.0):
        return wilson(int(sum(values)), len(values))
    interval = mean_interval(values)
    return Interval(max(interval.low, 0.0), min(interval.high, 1.0))


class PairedTest(StrEnum):
    """The test behind a p-value."""

    MCNEMAR = "McNemar"
    PAIRED_T = "paired t"


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Two evaluations of the same problems: `after - before` of a share or a mean.

    Attributes:
        difference: In [-1, 1].
        interval: 95 %, from the variance of the paired differences.
        bootstrap: 95 %, percentiles of the mean difference over resampled problems (Efron &
            Tibshirani 1993, ch. 13), with a fixed seed.
        p_value: McNemar's exact test (McNemar 1947): the discordant pairs against a fair coin; for
            means the paired t test.
        gained: Problems that are better after.
        lost: Problems that were better before.
        n: Problems.
        test: Which of the two tests.
    """

    difference: float
    interval: Interval
    bootstrap: Interval
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
    return _difference(changes, p_value, PairedTest.MCNEMAR)


def paired_mean_difference(before: Sequence[float], after: Sequence[float]) -> PairedDifference:
    """Compare two lists of values, such as rewards, over the same problems, in the same order.

    Raises:
        ValueError: If the lists differ in length or are empty.
    """
    changes = _changes(before, after)
    return _difference(changes, _t_test(changes), PairedTest.PAIRED_T)


def _changes(before: Sequence[float], after: Sequence[float]) -> np.ndarray:
    if len(before) != len(after) or not before:
        raise ValueError(f"outcomes of different problems: {len(before)} and {len(after)}")
    changes: np.ndarray = np.asarray(after, dtype=float) - np.asarray(before, dtype=float)
    return changes


def _difference(changes: np.ndarray, p_value: float, test: PairedTest) -> PairedDifference:
    return PairedDifference(
        difference=float(changes.mean()),
        interval=_within_one(mean_interval(changes.tolist())),
        bootstrap=_bootstrap(changes),
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
    """Two-sided p-value that the mean is 0 (Student 1908); where nothing varies, 1 or 0."""
    if np.ptp(values) == 0.0:
        return float(values[0] == 0.0)
    return float(stats.ttest_1samp(values, 0.0).pvalue)


@dataclass(frozen=True, slots=True)
class PooledDifference:
    """`after - before` over runs that differ in their seed, all on the same problems.

    Attributes:
        difference: Mean of the seeds' differences.
        seed_interval: 95 %, Student's t over the seeds' differences: what other seeds would give on
            these problems.
        crossed_interval: 95 %, from a standard error clustered by seed and by problem: what other
            seeds would give on other problems of the kind.
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
    return PooledDifference(
        difference=float(per_seed.mean()),
        seed_interval=_within_one(mean_interval(per_seed.tolist())),
        crossed_interval=_within_one(crossed_interval(changes)),
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
    """`crossed_interval` of values in [0, 1], with `share_interval`'s care at the ends."""
    if len({value for row in values for value in row}) == 1 and values[0][0] in (0.0, 1.0):
        return wilson(int(sum(values[0])), len(values[0]))
    interval = crossed_interval(values)
    return Interval(max(interval.low, 0.0), min(interval.high, 1.0))


def _bootstrap(values: np.ndarray) -> Interval:
    """Percentile interval of the mean of resampled values."""
    rng = np.random.default_rng(0)
    n = len(values)
    means = [
        values[rng.integers(0, n, (_CHUNK, n))].mean(axis=1) for _ in range(0, RESAMPLES, _CHUNK)
    ]
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return Interval(float(low), float(high))
