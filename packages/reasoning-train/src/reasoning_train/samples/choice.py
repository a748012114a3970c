"""Which of a run's own samples the policy is trained on next.

Right ones, as in STaR (arXiv 2203.14465) and RFT (arXiv 2308.01825): well-formed, showing their
work, no two alike, the shortest few of each problem. Wrong ones lend their context alone: the loss
is on the confidence line, so that the policy learns when it is wrong without learning the mistake.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reasoning_rewards import TraceStatus
from reasoning_rewards.confidence import without_statements
from reasoning_train.samples.pass_rates import PassRate


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is chosen.

    Attributes:
        right: Right traces of a problem, at most.
        wrong: Wrong traces of a problem, at most.
        structure: The least structure score of a right trace.
    """

    right: int
    wrong: int
    structure: float


@dataclass(frozen=True, slots=True)
class Trace:
    """A sample to train on.

    Attributes:
        id: Its problem.
        completion: As it was drawn, without the stop token.
        right: Whether the whole of it is imitated.
        rate: The problem's smoothed pass rate.
        tokens: Its length as drawn.
    """

    id: str
    completion: str
    right: bool
    rate: float
    tokens: int


def choose_traces(
    rows: Iterable[Mapping[str, Any]], rates: Mapping[str, PassRate], wanted: Wanted
) -> list[Trace]:
    """The traces to train on, problem by problem in order of appearance, the shortest first.

    Args:
        rows: Those of `samples/`.
        rates: Of their problems.
        wanted: How many, and how good.
    """
    of_problem: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["finished"] and row["status"] == TraceStatus.WELL_FORMED.value:
            of_problem.setdefault(row["id"], []).append(row)
    return [
        Trace(name, row["completion"], row["correct"], rates[name].smoothed, row["tokens"])
        for name, found in of_problem.items()
        for row in _of_one_problem(found, wanted)
    ]


def normalised(completion: str) -> str:
    """A completion's words in small letters, without a stated confidence: what makes two alike."""
    return " ".join(without_statements(completion).casefold().split())


def summarise_traces(
    traces: Sequence[Trace], rows: Sequence[Mapping[str, Any]]
) -> dict[str, float | int | None]:
    """Counts and mean lengths: of the right traces that were kept, and of all right samples."""
    right = [trace for trace in traces if trace.right]
    drawn = [row["tokens"] for row in rows if row["correct"]]
    return {
        "right": len(right),
        "wrong": len(traces) - len(right),
        "problems": len({trace.id for trace in right}),
        "right_samples": len(drawn),
        "tokens_kept": float(np.mean([trace.tokens for trace in right])) if right else None,
        "tokens_right_samples": float(np.mean(drawn)) if drawn else None,
    }


def _of_one_problem(rows: Sequence[Mapping[str, Any]], wanted: Wanted) -> list[Mapping[str, Any]]:
    """The shortest right ones and then the shortest wrong ones, no two alike.

    Right ones come first: texts that differ in case alone can be judged apart.
    """
    seen: set[str] = set()
    chosen: dict[bool, list[Mapping[str, Any]]] = {True: [], False: []}
    most = {True: wanted.right, False: wanted.wrong}
    for row in sorted(rows, key=lambda row: (not row["correct"], row["tokens"], row["draw"])):
        right = bool(row["correct"])
        if right and row["structure"] < wanted.structure:
            continue
        text = normalised(row["completion"])
        if text not in seen and len(chosen[right]) < most[right]:
            seen.add(text)
            chosen[right].append(row)
    return [*chosen[True], *chosen[False]]
