"""Comparisons as plain sentences; n and seeds are never left out."""

from collections.abc import Sequence

from reasoning_train.evaluation.statistics import (
    Interval,
    PairedDifference,
    PairedTest,
    PooledDifference,
)

STAGES = ("base", "sft", "grpo")


def sentence(before: str, after: str, difference: PairedDifference, *seeds: int | None) -> str:
    """`GRPO − SFT: +12.4 points, 95 % CI 8.1 to 16.7, n = 500, seed 0, p < .001 (McNemar)`.

    `seeds` are those of the runs compared: one, or two that may differ; None where not known.
    """
    points = difference.test is PairedTest.MCNEMAR
    return (
        f"{_name(after)} − {_name(before)}: {_size(difference.difference, points)}, "
        f"95 % CI {_range(difference.interval, points)}, n = {difference.n}, "
        f"{_seeds(seeds)}, "
        f"{p_text(difference.p_value)} ({difference.test.value})"
    )


def pooled_sentence(before: str, after: str, pooled: PooledDifference, *, points: bool) -> str:
    """As `sentence`, over several seeds: one interval over seeds, one over seeds and problems."""
    seeds = ", ".join(map(str, pooled.seeds))
    return (
        f"{_name(after)} − {_name(before)} over {len(pooled.seeds)} seeds ({seeds}): "
        f"{_size(pooled.difference, points)}, 95 % CI {_range(pooled.seed_interval, points)} over "
        f"seeds and {_range(pooled.crossed_interval, points)} over seeds and problems, "
        f"n = {pooled.n} each, {p_text(pooled.p_value)} (t test over seeds)"
    )


def _seeds(seeds: Sequence[int | None]) -> str:
    names = list(dict.fromkeys("unknown" if seed is None else str(seed) for seed in seeds))
    return f"seed{'s' if len(names) > 1 else ''} {' and '.join(names)}"


def _name(evaluation: str) -> str:
    return evaluation.upper() if evaluation in STAGES else evaluation


def signed(value: float) -> str:
    """`+0.135` or `−0.947`: three digits and a sign."""
    return _minus(f"{value:+.3f}")


def _size(value: float, points: bool) -> str:
    return _minus(f"{100 * value:+.1f} points") if points else signed(value)


def _range(interval: Interval, points: bool) -> str:
    if points:
        return _minus(f"{100 * interval.low:.1f} to {100 * interval.high:.1f}")
    return _minus(f"{interval.low:.3f} to {interval.high:.3f}")


def _minus(text: str) -> str:
    return text.replace("-", "−")


def p_text(value: float) -> str:
    """`p < .001`, or p with three digits."""
    return "p < .001" if value < 0.001 else f"p = {value:.3f}"
