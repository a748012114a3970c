"""Two evaluations of the same problems against each other, and several seeds as one result."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from reasoning_train.errors import UserError
from reasoning_train.evaluation.prediction import Prediction, read_predictions
from reasoning_train.evaluation.statistics import (
    PairedDifference,
    PooledDifference,
    paired_difference,
    paired_mean_difference,
    pooled_difference,
)


class Metric(StrEnum):
    """What is compared."""

    STRICT = "strict"
    """Right inside the tags."""
    LENIENT = "lenient"
    """Right anywhere."""
    REWARD = "reward"
    """The total reward."""

    def of(self, prediction: Prediction) -> float:
        """The value of one prediction."""
        values = {
            Metric.STRICT: prediction.correct,
            Metric.LENIENT: prediction.correct_lenient,
            Metric.REWARD: prediction.total,
        }
        return float(values[self])


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`<name>.json` and the predictions behind it."""

    name: str
    path: Path
    summary: dict[str, Any]
    predictions: list[Prediction]

    @property
    def seed(self) -> int | None:
        seed = self.summary.get("seed")
        return seed if isinstance(seed, int) else None


def read_evaluation(path: Path) -> Evaluation:
    """An evaluation from its JSON file.

    Raises:
        UserError: A file is missing or half-written, or the predictions are not the JSON's.
    """
    summary = read_summary(path)
    predictions = read_predictions(path.with_suffix(".predictions.jsonl"))
    right = sum(p.correct for p in predictions)
    n = summary["n"]
    if len(predictions) != n or abs(right - summary["accuracy"] * n) > 0.5:
        raise UserError(
            f"the predictions beside {str(path)!r} are not its own: it says {n} problems and "
            f"{summary['accuracy'] * n:.0f} right, they are {len(predictions)} and {right}; "
            "evaluate again"
        )
    return Evaluation(path.stem, path, summary, predictions)


def read_summary(path: Path) -> dict[str, Any]:
    """The figures of `<name>.json`.

    Raises:
        UserError: It is missing, half-written, or no evaluation.
    """
    if not path.is_file():
        raise UserError(f"no evaluation at {str(path)!r}; make it with `reasoning-train evaluate`")
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{str(path)!r} cannot be read ({error}): evaluate again") from error
    if not isinstance(summary, dict) or not {"n", "accuracy", "ci95"} <= summary.keys():
        raise UserError(f"{str(path)!r} is no evaluation: it has no n, accuracy and ci95")
    return summary


def compare_evaluations(
    before: Evaluation, after: Evaluation, metric: Metric = Metric.STRICT
) -> PairedDifference:
    """The paired difference `after − before`.

    Raises:
        UserError: They were not made on the same problems; the message says how they differ.
    """
    pairs = _paired(before, after)
    left = [metric.of(one) for one, _ in pairs]
    right = [metric.of(other) for _, other in pairs]
    if metric is Metric.REWARD:
        return paired_mean_difference(left, right)
    return paired_difference([v == 1.0 for v in left], [v == 1.0 for v in right])


def _paired(before: Evaluation, after: Evaluation) -> list[tuple[Prediction, Prediction]]:
    others = {p.id: p for p in after.predictions}
    ids = {p.id for p in before.predictions}
    start = f"{str(before.path)!r} and {str(after.path)!r} cannot be compared problem by problem: "
    if ids != others.keys():
        raise UserError(
            f"{start}they share {len(ids & others.keys())} of {len(ids)} and {len(others)} "
            "problems; evaluate both on the same data"
        )
    pairs = [(p, others[p.id]) for p in before.predictions]
    for one, other in pairs:
        if one.gold != other.gold:
            raise UserError(
                f"{start}problem {one.id!r} has the gold {one.gold!r} in one and {other.gold!r} in "
                "the other; evaluate both on the same data"
            )
    hashes = {e.summary.get("problems_sha256") for e in (before, after)} - {None}
    if len(hashes) > 1:
        raise UserError(
            f"{start}ids and golds are equal but the questions differ (problems_sha256); evaluate "
            "both on the same data"
        )
    return pairs


def pool_evaluations(
    pairs: Sequence[tuple[Evaluation, Evaluation]], metric: Metric = Metric.STRICT
) -> PooledDifference:
    """The difference over several runs that differ in nothing but their seed.

    Raises:
        UserError: Problems differ, a seed is unknown or there twice, or there is only one.
    """
    seeds = [after.seed for _, after in pairs]
    known = [seed for seed in seeds if seed is not None]
    if len(known) != len(seeds) or len(set(known)) != len(known):
        raise UserError(
            f"the runs have the seeds {', '.join(map(str, seeds))}: pooling needs a known and "
            "different one for each; the same seed again is no new evidence"
        )
    if len(known) < 2:
        raise UserError("pooling needs runs of at least two seeds")
    rows = []
    first = pairs[0][0]
    for before, after in pairs:
        _paired(first, before)
        changes = {
            one.id: metric.of(other) - metric.of(one) for one, other in _paired(before, after)
        }
        rows.append([changes[p.id] for p in first.predictions])
    return pooled_difference(rows, known)
