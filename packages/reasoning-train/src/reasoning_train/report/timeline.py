"""Plan against actual: which stage was to have which stretch of time, and which it took."""

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
    """A stretch of time, in seconds since the run began."""

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
    """Steps of a training stage, planned and made, with the seconds of one.

    Attributes:
        estimated_s: What `plan.json` expects of a step.
    """

    label: str
    css: str
    planned: int | None
    made: int
    seconds_per_step: float | None
    estimated_s: float | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """Both lines on one scale; `planned` is empty without a budget.

    Attributes:
        total: Seconds that the drawing spans.
    """

    run: str
    planned: tuple[Span, ...]
    actual: tuple[Span, ...]
    steps: tuple[StageSteps, ...]
    total: float
    budget: float | None

    def rows(self) -> list[tuple[str, str, Span | None, Span | None]]:
        """Label, CSS class, planned and actual stretch of every part."""
        plan = {span.part: span for span in self.planned}
        taken = {span.part: span for span in self.actual}
        return [
            (LABELS[part], (plan.get(part) or taken[part]).css, plan.get(part), taken.get(part))
            for part in LABELS
            if part in plan or part in taken
        ]


def timeline(run: RunView) -> Timeline:
    """The run's time line, from its budget, the times in the metrics and the state."""
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
    except UserError:  # a hand-edited file; the settings show it as it is
        return None


def _planned(budget: float, shares: Mapping[str, float]) -> tuple[Span, ...]:
    ends = {**shares, "end": 1.0}
    starts = [0.0, *ends.values()]
    return tuple(
        Span(part, start * budget, end * budget)
        for (part, end), start in zip(ends.items(), starts, strict=False)
    )


def _actual(run: RunView) -> Sequence[Span]:
    """The clock is only in the metrics: between two stages it tells one stretch, not its parts."""
    spans: list[Span] = []
    at = 0.0
    stages = (("setup", "sft"), ("", "sampling"), ("", "own-traces"), ("between", "grpo"))
    for before, stage in stages:
        points = run.metrics.stages.get(stage, ())
        if not points:
            continue
        if before:
            # The first line is written when its step is done: its compilation counts as set-up.
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
    """`2 h 5 min`, `6 min 3 s` or `4.2 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
