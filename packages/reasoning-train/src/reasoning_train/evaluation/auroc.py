"""AUROC of stated confidences with a 95 % interval.

The variance is DeLong's (DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44(3)), computed from
mid-ranks as Sun & Xu (2014, IEEE Signal Processing Letters 21(11)) do, so that ties count half. The
interval is symmetric on the logit scale (Pepe 2003, section 5.2), which keeps it within [0, 1].
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from reasoning_train.evaluation.statistics import Interval, wilson


def auroc(confidences: Sequence[float], right: Sequence[bool]) -> float | None:
    """The chance that a right answer has a higher confidence than a wrong one, ties counting half.

    None where all answers are right or all are wrong: there is nothing to tell apart.
    """
    placements = _placements(confidences, right)
    return None if placements is None else float(placements[0].mean())


def auroc_interval(confidences: Sequence[float], right: Sequence[bool]) -> Interval | None:
    """A 95 % interval of `auroc`; None where there is no AUROC.

    Where the ranking is perfect, or perfectly wrong, DeLong's variance is 0, however few answers
    there are; then the interval is Wilson's of as many successes, or failures, as there are answers
    of the rarer kind. A confidence that never varies ranks nothing: .5 is all that it can have.
    """
    placements = _placements(confidences, right)
    if placements is None:
        return None
    area = float(placements[0].mean())
    rarer = min(map(len, placements))
    if len(set(confidences)) == 1:
        return Interval(area, area)
    error = math.sqrt(sum(_variance(part) for part in placements)) if rarer > 1 else 0.0
    if error == 0.0 or area in (0.0, 1.0):
        return wilson(round(area * rarer), rarer)
    logit, spread = math.log(area / (1 - area)), 1.96 * error / (area * (1 - area))
    low, high = (1 / (1 + math.exp(-x)) for x in (logit - spread, logit + spread))
    return Interval(low, high)


def _variance(placements: np.ndarray) -> float:
    return float(placements.var(ddof=1)) / len(placements)


def _placements(
    confidences: Sequence[float], right: Sequence[bool]
) -> tuple[np.ndarray, np.ndarray] | None:
    """For each right answer the share of wrong ones below it, for each wrong one that above it."""
    values, outcomes = np.asarray(confidences, float), np.asarray(right, bool)
    above, below = values[outcomes], values[~outcomes]
    if not len(above) or not len(below):
        return None
    ranks = stats.rankdata(values)
    of_right = (ranks[outcomes] - stats.rankdata(above)) / len(below)
    of_wrong = 1.0 - (ranks[~outcomes] - stats.rankdata(below)) / len(above)
    return of_right, of_wrong
