"""Lengths and difficulty of the rows of a split."""

import re
from typing import Any

import numpy as np
import numpy.typing as npt

MEASURES = ("question_words", "rationale_words", "steps", "prompt_tokens", "completion_tokens")
PERCENTILES = (50, 90, 99)

_EQUATION = re.compile(r"[^=<>!:]=[^=]")
_SENTENCE = re.compile(r"[.!?](?:\s|$)|\n")


def count_steps(rationale: str) -> int:
    """Count the steps of a rationale: its equations, or its sentences if it has no equation.

    This measures difficulty for every source alike; GSM8K reports 2 to 8 steps per problem.
    """
    text = rationale.strip()
    if not text:
        return 0
    return len(_EQUATION.findall(text)) or len(_SENTENCE.findall(f"{text}\n")) or 1


def describe(values: npt.NDArray[np.int32]) -> dict[str, float]:
    """Return mean, nearest-rank percentiles and extremes of a measure; -1 stands for unknown."""
    known = values[values >= 0]
    if not len(known):
        return {}
    found = np.percentile(known, PERCENTILES, method="inverted_cdf")
    return {
        "mean": round(float(known.mean()), 2),
        **{f"p{p}": int(value) for p, value in zip(PERCENTILES, found, strict=True)},
        "min": int(known.min()),
        "max": int(known.max()),
    }


def describe_rows(columns: dict[str, Any], rows: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Return statistics of each measure over some rows, and a histogram of the steps.

    Args:
        columns: Measure name to its values `[N]`.
        rows: Row numbers.
    """
    measures = {name: describe(columns[name][rows]) for name in MEASURES}
    steps, counts = np.unique(columns["steps"][rows], return_counts=True)
    histogram = {str(step): int(count) for step, count in zip(steps, counts, strict=True)}
    return {
        **{name: found for name, found in measures.items() if found},
        "steps_histogram": histogram,
    }
