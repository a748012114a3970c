"""`sampling.json`: what the samples say of the problems, for the terminal and the report."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reasoning_rewards import TraceStatus
from reasoning_train.samples.pass_rates import PassRate


def summarise_samples(
    rows: Sequence[Mapping[str, Any]], rates: Mapping[str, PassRate]
) -> dict[str, Any]:
    """Shares of completions and kinds of problems.

    Args:
        rows: Those of `samples/`; not empty.
        rates: Of every problem that was sampled.

    Returns:
        Counts of `problems`, split into `mixed`, `never` and `always` solved ones; shares and mean
        lengths of completions.
    """
    right = [row for row in rows if row["correct"]]
    kinds = {
        "mixed": sum(rate.mixed for rate in rates.values()),
        "never": sum(rate.right == 0 for rate in rates.values()),
        "always": sum(rate.right == rate.draws for rate in rates.values()),
    }
    return {
        "problems": len(rates),
        "completions": len(rows),
        **kinds,
        "correct": len(right) / len(rows),
        "well_formed": share_well_formed(rows),
        "cut": float(np.mean([not row["finished"] for row in rows])),
        "tokens": float(np.mean([row["tokens"] for row in rows])),
        "tokens_right": float(np.mean([row["tokens"] for row in right])) if right else None,
    }


def share_well_formed(rows: Sequence[Mapping[str, Any]]) -> float:
    """Share of rows that keep to the schema."""
    return float(np.mean([row["status"] == TraceStatus.WELL_FORMED.value for row in rows]))


def sampling_lines(summary: Mapping[str, Any]) -> list[str]:
    """What the terminal shows of it: the figures, what is wrong with them, how to mend it."""
    count = summary["problems"]
    shares = {kind: summary[kind] / count for kind in ("mixed", "never", "always")}
    lines = [
        f"samples: {summary['completions']:,} completions of {count:,} problems, "
        f"{summary['correct']:.1%} right, {summary['well_formed']:.1%} well-formed; "
        f"{shares['never']:.1%} of the problems never solved, {shares['always']:.1%} always, "
        f"{shares['mixed']:.1%} sometimes"
    ]
    if not summary["mixed"]:
        kind = "solves none" if summary["never"] == count else "never differs within a problem"
        lines.append(
            f"warning: the policy {kind} of the {count:,} problems that it was asked, so no group "
            "of GRPO's is likely to have variance; choose other problems, raise "
            "--sampling.temperature or --sampling.completions, or train SFT longer (--sft.steps)"
        )
    return lines
