"""Verdict on a run, with examples of problems that its last stage gained and lost."""

from collections.abc import Sequence
from dataclasses import dataclass

from reasoning_train.evaluation.verdict import Best, Outcome, Outcomes, Verdict, verdict
from reasoning_train.report.evaluations import STAGE_LABELS, Evaluation, Row
from reasoning_train.report.held_out import HeldOut
from reasoning_train.report.load import RunView
from reasoning_train.report.settings import clip
from reasoning_train.run_dir.records import mapping, number, text

EXAMPLES = 3
LONGEST = 600
"""Maximum length of an example's completion; the browser has the whole text."""


@dataclass(frozen=True, slots=True)
class Example:
    """Problem whose outcome changed in the last stage, with both completions."""

    id: str
    question: str
    gold: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RunVerdict:
    """Verdict on a run.

    Attributes:
        run: Name of the run.
        said: The verdict.
        before: Label of the stage before the last.
        after: Label of the last stage.
        gained: Problems solved after the last stage but not before it.
        lost: Problems solved before the last stage but not after it.
    """

    run: str
    said: Verdict
    before: str = ""
    after: str = ""
    gained: tuple[Example, ...] = ()
    lost: tuple[Example, ...] = ()


def run_verdict(run: RunView) -> RunVerdict:
    """Return the verdict on a run from its finished evaluations."""
    finished = {e.name: e for e in run.evaluations if e.summary is not None and e.rows}
    stages = {
        name: outcomes(finished[name], run.held_out) for name in STAGE_LABELS if name in finished
    }
    best = best_of(run.evaluations)
    found = (
        Best(text(best.summary or {}, "prompt_format"), outcomes(best, run.held_out))
        if best is not None and best.rows
        else None
    )
    said = verdict(stages, found, exported(run))
    if not said.after:
        return RunVerdict(run.name, said)
    before, after = finished[said.before], finished[said.after]
    first = {run.held_out.key(row): row for row in before.rows}
    pairs = [(first[k], row) for row in after.rows if (k := run.held_out.key(row)) in first]
    return RunVerdict(
        run.name,
        said,
        before.label,
        after.label,
        _examples(run, [(a, b) for a, b in pairs if b.correct and not a.correct]),
        _examples(run, [(a, b) for a, b in pairs if a.correct and not b.correct]),
    )


def outcomes(evaluation: Evaluation, held_out: HeldOut) -> Outcomes:
    """Return the outcome of each problem."""
    return {
        held_out.key(row): Outcome(
            row.correct, row.correct if row.lenient is None else row.lenient, row.total
        )
        for row in evaluation.rows
    }


def best_of(evaluations: Sequence[Evaluation]) -> Evaluation | None:
    """Return the evaluation of the base with its best prompt format; None if that is unknown."""
    base = next((e for e in evaluations if e.name == "base"), None)
    named = text(mapping((base.summary if base else None) or {}, "best_prompt"), "evaluation")
    return next((e for e in evaluations if e.name == named and e.summary is not None), None)


def exported(run: RunView) -> str:
    """Return the exported checkpoint, such as `GRPO, step 30`; empty if there is no export."""
    stage = {"actor": "GRPO", "sft": "SFT"}.get(text(run.exported, "stage"), "")
    step = number(run.exported, "step")
    return f"{stage}, step {step:.0f}" if stage and step is not None else ""


def _examples(run: RunView, pairs: Sequence[tuple[Row, Row]]) -> tuple[Example, ...]:
    """Return the shortest examples, which are quickest to read."""
    known = run.held_out.problems or {}
    chosen = sorted(pairs, key=lambda p: (len(p[0].completion) + len(p[1].completion), p[1].id))
    return tuple(
        Example(
            after.id,
            clip(known[after.id].question if after.id in known else after.prompt),
            clip(after.gold),
            clip(before.completion, LONGEST),
            clip(after.completion, LONGEST),
        )
        for before, after in chosen[:EXAMPLES]
    )
