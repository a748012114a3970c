"""Intervals and paired tests for evaluations; the formulas are scipy's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


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


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Two evaluations of the same problems: `after - before` of the share that is right.

    Attributes:
        difference: In [-1, 1].
        interval: 95 %, from the variance of the paired differences.
        p_value: McNemar's exact test (McNemar 1947): the discordant pairs against a fair coin.
        gained: Problems only right after.
        lost: Problems only right before.
        n: Problems.
    """

    difference: float
    interval: Interval
    p_value: float
    gained: int
    lost: int
    n: int


def paired_difference(before: Sequence[bool], after: Sequence[bool]) -> PairedDifference:
    """Compare two lists of outcomes over the same problems, in the same order.

    Raises:
        ValueError: If the lists differ in length or are empty.
    """
    if len(before) != len(after) or not before:
        raise ValueError(f"outcomes of different problems: {len(before)} and {len(after)}")
    changes = np.asarray(after, dtype=float) - np.asarray(before, dtype=float)
    gained, lost = int((changes > 0).sum()), int((changes < 0).sum())
    discordant = gained + lost
    return PairedDifference(
        difference=float(changes.mean()),
        interval=mean_interval(changes.tolist()),
        p_value=float(stats.binomtest(gained, discordant).pvalue) if discordant else 1.0,
        gained=gained,
        lost=lost,
        n=len(changes),
    )
