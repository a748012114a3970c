"""How far stated confidences can be trusted: ECE, Brier score, AUROC, a reliability table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, isfinite
from typing import Final

from reasoning_rewards.errors import RewardError

DEFAULT_BINS: Final = 10


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Forecasts in [lower, upper): how many, their mean confidence and their share of successes."""

    lower: float
    upper: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """`ece` weighs |accuracy - confidence| of equal-width bins by their share (Naeini et al. 2015);
    `brier` is the mean squared error; `auroc` the chance that a right answer has a higher
    confidence than a wrong one, ties counting half (0.5 when there are no such pairs).
    """

    n: int
    ece: float
    brier: float
    auroc: float
    accuracy: float
    mean_confidence: float
    commonest_confidence: float
    commonest_share: float
    bins: tuple[ReliabilityBin, ...]


def calibration_report(
    confidences: Sequence[float], outcomes: Sequence[float], bins: int = DEFAULT_BINS
) -> CalibrationReport:
    """Calibration of forecasts `confidences[n]` in [0, 1] against `outcomes[n]` (0/1 or bool).

    Raises:
        RewardError: different lengths, nothing to report on, or a value outside [0, 1].
    """
    if len(confidences) != len(outcomes):
        raise RewardError(
            f"as many outcomes as confidences are needed: {len(confidences)} and {len(outcomes)}"
        )
    if len(confidences) == 0:
        raise RewardError("calibration needs at least one forecast, got none")
    if bins < 1:
        raise RewardError(f"bins must be at least 1, not {bins!r}")
    forecasts = [_unit(value, "confidence") for value in confidences]
    results = [_unit(value, "outcome") for value in outcomes]
    n = len(forecasts)
    table = _bins(forecasts, results, bins)
    commonest, count = Counter(forecasts).most_common(1)[0]
    return CalibrationReport(
        n=n,
        ece=fsum(row.count / n * abs(row.accuracy - row.confidence) for row in table),
        brier=fsum((c - y) ** 2 for c, y in zip(forecasts, results, strict=True)) / n,
        auroc=_auroc(forecasts, results),
        accuracy=fsum(results) / n,
        mean_confidence=fsum(forecasts) / n,
        commonest_confidence=commonest,
        commonest_share=count / n,
        bins=table,
    )


def _unit(value: float, name: str) -> float:
    number = float(value)
    if not (isfinite(number) and 0.0 <= number <= 1.0):
        raise RewardError(f"a {name} must be in [0, 1], not {value!r}")
    return number


def _bins(forecasts: list[float], results: list[float], bins: int) -> tuple[ReliabilityBin, ...]:
    members: list[list[int]] = [[] for _ in range(bins)]
    for index, forecast in enumerate(forecasts):
        members[min(int(forecast * bins), bins - 1)].append(index)
    return tuple(
        ReliabilityBin(
            lower=number / bins,
            upper=(number + 1) / bins,
            count=len(found),
            confidence=fsum(forecasts[i] for i in found) / len(found),
            accuracy=fsum(results[i] for i in found) / len(found),
        )
        for number, found in enumerate(members)
        if found
    )


def _auroc(forecasts: list[float], results: list[float]) -> float:
    """Mann–Whitney U over the number of pairs, from mid-ranks: O(n log n)."""
    order = sorted(range(len(forecasts)), key=forecasts.__getitem__)
    positive = [result >= 0.5 for result in results]
    right = sum(positive)
    wrong = len(positive) - right
    if right == 0 or wrong == 0:
        return 0.5
    rank_sum = 0.0
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and forecasts[order[end]] == forecasts[order[start]]:
            end += 1
        middle = (start + 1 + end) / 2  # ranks start at one
        rank_sum += middle * sum(positive[i] for i in order[start:end])
        start = end
    return (rank_sum - right * (right + 1) / 2) / (right * wrong)
