"""Planned and actual time of each stage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reasoning_train.clock.budget import parse_budget, stage_ends
from reasoning_train.errors import UserError
from reasoning_train.report.load import RunView
from reasoning_train.run_dir.records import finite, mapping

LABELS = {
    "setup": "data, base evaluation, set-up",
    "sft": "SFT",
    "sampling": "sampling",
    "own-traces": "SFT on own samples",
    "between": "SFT's evaluation, set-up of GRPO",
    "grpo": "GRPO",
    "end": "last evaluation, export",
}


@dataclass(frozen=True, slots=True)
class Span:
    """Period of a run, in seconds since the run began."""

    part: str
    start: float
    end: float

    @property
    def label(self) -> str:
        return LABELS[self.part]

    @property
    def css(self) -> str:
        return {
            "sft": "stage-sft",
            "own-traces": "stage-sft",
            "grpo": "stage-grpo",
        }.get(self.part, "stage-other")


@dataclass(frozen=True, slots=True)
class StageSteps:
    """Planned and actual steps of a training stage.

    Attributes:
        label: Name of the stage.
        css: CSS class of the stage.
        planned: Number of steps in the settings; None if only the clock ends the stage.
        made: Number of steps made.
        seconds_per_step: Mean duration of a step; None if unknown.
        estimated_s: Duration of a step according to `plan.json`; None if there is no plan.
    """

    label: str
    css: str
    planned: int | None
    made: int
    seconds_per_step: float | None
    estimated_s: float | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """Planned and actual periods of a run on a common scale.

    Attributes:
        run: Name of the run.
        planned: Planned periods; empty without a budget.
        actual: Actual periods.
        steps: Steps of each training stage.
        total: Length of the scale in seconds.
        budget: Budget in seconds; None if there is none.
    """

    run: str
    planned: tuple[Span, ...]
    actual: tuple[Span, ...]
    steps: tuple[StageSteps, ...]
    total: float
    budget: float | None

    def rows(self) -> list[tuple[str, str, Span | None, Span | None]]:
        """Return the label, CSS class, planned and actual period of every part."""
        plan = {span.part: span for span in self.planned}
        taken = {span.part: span for span in self.actual}
        return [
            (LABELS[part], (plan.get(part) or taken[part]).css, plan.get(part), taken.get(part))
            for part in LABELS
            if part in plan or part in taken
        ]


def timeline(run: RunView) -> Timeline:
    """Return the time line of a run from its budget, metrics and state."""
    budget = _budget(run)
    sampled = bool(finite(mapping(run.config, "sampling"), "completions"))
    planned = _planned(budget, stage_ends(sampling=sampled)) if budget else ()
    actual = tuple(_actual(run))
    total = max([span.end for span in (*planned, *actual)], default=0.0)
    return Timeline(
        run.name,
        planned,
        actual,
        tuple(_steps(run, stage) for stage in ("sft", "grpo")),
        total,
        budget,
    )


def _budget(run: RunView) -> float | None:
    try:
        return parse_budget(str(run.config.get("budget") or ""))
    except UserError:  # a hand-edited file; the page's settings show the wrong value
        return None


def _planned(budget: float, shares: Mapping[str, float]) -> tuple[Span, ...]:
    ends = {**shares, "end": 1.0}
    starts = [0.0, *ends.values()]
    return tuple(
        Span(part, start * budget, end * budget)
        for (part, end), start in zip(ends.items(), starts, strict=False)
    )


def _actual(run: RunView) -> Sequence[Span]:
    """Return the actual periods.

    Only metrics have times, so everything between two training stages is a single period.
    """
    spans: list[Span] = []
    at = 0.0
    stages = (("setup", "sft"), ("", "sampling"), ("", "own-traces"), ("between", "grpo"))
    for before, stage in stages:
        points = run.metrics.stages.get(stage, ())
        if not points:
            continue
        if before:
            # The first line is written after its step, so that step's compilation counts as set-up.
            spans.append(Span(before, at, max(at, points[0].elapsed_s)))
            at = spans[-1].end
        spans.append(Span(stage, at, max(at, points[-1].elapsed_s)))
        at = spans[-1].end
    if run.elapsed_s > at:
        part = "setup"
        if spans:
            part = "end" if spans[-1].part == "grpo" else "between"
        spans.append(Span(part, at, run.elapsed_s))
    return spans


def _steps(run: RunView, stage: str) -> StageSteps:
    points = run.metrics.stages.get(stage, ())
    rate = None
    if len(points) > 1 and points[-1].step > points[0].step:
        rate = (points[-1].elapsed_s - points[0].elapsed_s) / (points[-1].step - points[0].step)
    return StageSteps(
        LABELS[stage],
        f"stage-{stage}",
        run.steps_planned(stage),
        run.steps_made(stage),
        rate,
        finite(mapping(mapping(run.plan, "stages"), stage), "step_s"),
    )


def duration(seconds: float) -> str:
    """Format a duration: `2 h 5 min`, `6 min 3 s` or `4.2 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
