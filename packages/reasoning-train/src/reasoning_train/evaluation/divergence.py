"""Reward ≠ metric: where the reward and an independent reader of the answers part over training.

A policy can satisfy the reward and not the problems in two ways. It can learn what the reward's
reading of an answer lets through: completions that the reward calls right and the independent
reader wrong. Or it can earn by something else that is rewarded, such as length: the total rises and
the share of right answers does not. Right but not rewarded is mostly missing format and no hack: it
is counted and not alarmed about.

Here completions are read; `alarms` says what the readings mean.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from reasoning_train.errors import UserError
from reasoning_train.evaluation.independent import independent_correct

JUDGE = "judge"
"""Column of the judge's score, in runs that have one."""
COMPONENTS = ("correctness", "structure", "confidence")


class Kind(StrEnum):
    """Why one completion is remembered."""

    REWARDED_WRONG = "rewarded_wrong"
    """Its correctness is paid, and the independent reader calls it wrong."""
    UNREWARDED_RIGHT = "unrewarded_right"
    """The reverse."""
    PAID_WRONG = "paid_wrong"
    """Wrong to the independent reader, and its total is above the mean of its step."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One completion that was paid for and is wrong, or the reverse.

    Attributes:
        total: The reward it got.
    """

    step: int
    id: str
    completion: str
    gold: str
    kind: Kind
    total: float


@dataclass(frozen=True, slots=True)
class StepAgreement:
    """The completions of one step under both readings.

    Attributes:
        step: Update of training; 0 for predictions, which have none.
        n: Completions.
        reward_correct: Share that the reward calls right.
        independent_correct: Share that the independent reader calls right.
        mean_total: Mean total reward.
        disagreements: The completions on which they differ.
        best_paid_wrong: Of those that are wrong to the independent reader and got more than the
            mean, the one with the largest total; empty if there is none.
        components: Mean of each component that every record has.
    """

    step: int
    n: int
    reward_correct: float
    independent_correct: float
    mean_total: float
    disagreements: tuple[Disagreement, ...]
    best_paid_wrong: tuple[Disagreement, ...] = ()
    components: Mapping[str, float] = field(default_factory=dict)

    def count(self, kind: Kind) -> int:
        """Disagreements of a kind."""
        return sum(d.kind is kind for d in self.disagreements)

    @property
    def rewarded_wrong(self) -> float:
        """Share of all completions that are rewarded and wrong."""
        return self.count(Kind.REWARDED_WRONG) / self.n


def divergence(records: Iterable[Mapping[str, Any]]) -> list[StepAgreement]:
    """Per step, what the reward and the independent reader say of the same completions.

    Args:
        records: Lines of rollout files (`step`, `id`, `completion`, `gold`, `correctness`,
            `total`) or of predictions, which are one step, 0.

    Raises:
        UserError: A record lacks one of those fields.
    """
    steps: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for record in records:
        missing = {"id", "completion", "gold", "correctness", "total"} - record.keys()
        if missing:
            raise UserError(f"a rollout without {', '.join(sorted(missing))}: {str(record)[:80]!r}")
        steps[int(record.get("step", 0))].append(record)
    return [_agreement(step, rows) for step, rows in sorted(steps.items())]


def _agreement(step: int, rows: Sequence[Mapping[str, Any]]) -> StepAgreement:
    rewarded = [row["correctness"] >= 0.5 for row in rows]
    right = [independent_correct(row["completion"], row["gold"]) for row in rows]
    mean_total = mean([row["total"] for row in rows])
    paid = [r for r, ok in zip(rows, right, strict=True) if not ok and r["total"] > mean_total]
    best = max(paid, key=lambda row: row["total"], default=None)
    return StepAgreement(
        step=step,
        n=len(rows),
        reward_correct=sum(rewarded) / len(rows),
        independent_correct=sum(right) / len(rows),
        mean_total=mean_total,
        disagreements=tuple(
            _remember(step, row, Kind.REWARDED_WRONG if by_reward else Kind.UNREWARDED_RIGHT)
            for row, by_reward, by_other in zip(rows, rewarded, right, strict=True)
            if by_reward != by_other
        ),
        best_paid_wrong=() if best is None else (_remember(step, best, Kind.PAID_WRONG),),
        components={
            name: mean([row[name] for row in rows])
            for name in (*COMPONENTS, JUDGE)
            if all(isinstance(row.get(name), int | float) for row in rows)
        },
    )


def _remember(step: int, row: Mapping[str, Any], kind: Kind) -> Disagreement:
    return Disagreement(
        step, str(row["id"]), row["completion"], row["gold"], kind, float(row["total"])
    )


def mean(values: Sequence[float]) -> float:
    """The mean; 0 of nothing."""
    return sum(values) / len(values) if values else 0.0
