"""The evaluations of one folder against each other: what was gained, and over what."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from reasoning_train.errors import UserError
from reasoning_train.evaluation.comparison import (
    Evaluation,
    Metric,
    compare_evaluations,
    read_evaluation,
)
from reasoning_train.evaluation.verdict import Best, Outcome, Outcomes, Verdict, verdict
from reasoning_train.evaluation.wording import STAGES, sentence


def gains(folder: Path) -> Iterator[str]:
    """A sentence for each paired comparison of the stages in a folder.

    Where the base's best prompt format is known, trained stages are held against that, by final
    answers wherever they stand, and not against the base in a schema it never saw.
    """
    names = [name for name in STAGES if (folder / f"{name}.json").is_file()]
    best = best_of(folder)
    if best is not None and best.name != "base":
        label = f"base in the {best.summary['prompt_format']} form"
        for name in names[1:]:
            text = _sentence(folder, best.name, name, Metric.LENIENT, label)
            yield f"{text}, final answers wherever they stand"
        names = names[1:]
    for before, after in pairwise(names):
        yield _sentence(folder, before, after, Metric.STRICT, before)


def _sentence(folder: Path, before: str, after: str, metric: Metric, label: str) -> str:
    try:
        one, other = (read_evaluation(folder / f"{name}.json") for name in (before, after))
        found = compare_evaluations(one, other, metric)
    except UserError as error:
        return f"{before} and {after} are not compared: {error}"
    return sentence(label, after, found, one.seed, other.seed)


def best_of(folder: Path) -> Evaluation | None:
    """The base's evaluation in its best prompt format; None where it was not looked for."""
    try:
        base = read_evaluation(folder / "base.json")
        named = (base.summary.get("best_prompt") or {}).get("evaluation")
        return read_evaluation(folder / f"{named}.json") if named else None
    except UserError:
        return None


def verdict_of(folder: Path, holds: str = "") -> Verdict:
    """The verdict on the evaluations of a folder; what cannot be read counts as missing.

    Args:
        holds: What the export holds.
    """
    stages = {}
    for name in STAGES:
        try:
            stages[name] = _outcomes(read_evaluation(folder / f"{name}.json"))
        except UserError:
            continue
    best = best_of(folder)
    return verdict(
        stages,
        None if best is None else Best(str(best.summary.get("prompt_format", "")), _outcomes(best)),
        holds,
    )


def _outcomes(evaluation: Evaluation) -> Outcomes:
    return {
        f"{p.id}\0{p.gold}": Outcome(p.correct, p.correct_lenient, p.total)
        for p in evaluation.predictions
    }
