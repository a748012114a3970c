"""Training curves of a page: the metrics of each stage, with their titles and order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import fmean

from reasoning_train.report.charts import Input, LineChart, Series, line_chart
from reasoning_train.report.evaluations import STAGE_LABELS
from reasoning_train.report.load import RunView

TOGETHER = {
    "Reward, components": ("reward/correctness", "reward/structure", "reward/confidence"),
    "Rollouts counted as right by": ("by/reward", "by/independent extractor"),
    "Advantage, mean magnitude by component": (
        "advantage/correctness",
        "advantage/structure",
        "advantage/confidence",
    ),
}
"""Charts of several metrics; if runs are compared, each metric has its own chart instead."""
GROUP_COLOURS = 4


@dataclass(frozen=True, slots=True)
class Curve:
    """Presentation of a metric.

    Attributes:
        name: Name of the metric.
        title: Title of its chart.
        percent: Whether the values are shares, shown from 0 to 100 %.
        logarithmic: Whether a spike makes the axis logarithmic.
        smooth: Whether to draw a rolling mean.
    """

    name: str
    title: str
    percent: bool = False
    logarithmic: bool = False
    smooth: bool = True


CURVES = (
    Curve("reward/total", "Reward, mean total"),
    Curve("reward/correctness", "Reward: correctness"),
    Curve("reward/structure", "Reward: structure"),
    Curve("reward/confidence", "Reward: confidence"),
    Curve("by/reward", "Rollouts right according to the reward", percent=True),
    Curve(
        "by/independent extractor",
        "Rollouts right according to an independent extractor",
        percent=True,
    ),
    Curve("zero_variance_share", "Groups without variance", percent=True),
    Curve("advantage/correctness", "Advantage: correctness"),
    Curve("advantage/structure", "Advantage: structure"),
    Curve("advantage/confidence", "Advantage: confidence"),
    Curve("entropy", "Entropy, nats per token"),
    Curve("kl", "KL to the reference", logarithmic=True),
    Curve("completion_tokens", "Completion length, tokens"),
    Curve("characters", "Completion length, characters"),
    Curve("completion_tokens_max", "Longest completion, tokens"),
    Curve("well_formed", "Well-formed rollouts", percent=True),
    Curve("cut_share", "Rollouts cut off at the limit", percent=True),
    Curve("redraws", "Additional draws"),
    Curve("resampled_share", "Resampled groups", percent=True),
    Curve("calibration/share", "Rollouts that state a confidence", percent=True),
    Curve("calibration/stated", "Stated confidence, mean", percent=True),
    Curve("calibration/auroc", "Stated confidence: AUROC"),
    Curve("calibration/ece", "Stated confidence: ECE"),
    Curve("calibration/brier", "Stated confidence: Brier score"),
    Curve("left_out", "Rollouts without a reward", percent=True),
    Curve("loss", "Loss", logarithmic=True),
    Curve("grad_norm", "Gradient norm", logarithmic=True),
    Curve("skipped", "Skipped steps", percent=True, smooth=False),
    Curve("learning_rate", "Learning rate", smooth=False),
    Curve("tokens", "Tokens per step, without padding"),
    Curve("padding", "Padding", percent=True),
    Curve("machine/tokens_per_s", "Tokens per second"),
    Curve("machine/step_s", "Seconds per step"),
    Curve("machine/peak_memory_gib", "Peak memory, GiB", smooth=False),
)

LEADING = ("reward/total", "reward/correctness", "by/reward")
"""Metrics of GRPO whose charts come first on a page; the others are collapsed."""
ALWAYS = ("reward/total", "loss")
"""Metrics that have a chart even if they never change."""


@dataclass(frozen=True, slots=True)
class StageCurves:
    """Charts of one training stage.

    Attributes:
        stage: Name of the stage, such as `grpo`.
        label: Name to show, such as `GRPO`.
        lead: Charts that a reader should see first.
        rest: All other charts.
        unchanged: Title and value of each metric that never changed.
    """

    stage: str
    label: str
    lead: tuple[LineChart, ...]
    rest: tuple[LineChart, ...]
    unchanged: tuple[str, ...] = ()

    @property
    def charts(self) -> tuple[LineChart, ...]:
        """All charts in order."""
        return self.lead + self.rest


def stage_curves(
    runs: Sequence[RunView], groups: Sequence[Sequence[int]] = ()
) -> list[StageCurves]:
    """Return the charts of every stage that at least one run has steps of.

    The lines of two runs are overlaid. With more runs, each is a thin line beside the mean of its
    group.

    Args:
        runs: The runs.
        groups: Indices of the runs in each group; runs of a group differ only in their seed.
    """
    stages = dict.fromkeys(stage for run in runs for stage in run.metrics.stages)
    order = [s for s in ("sft", "grpo") if s in stages] + [
        s for s in stages if s not in ("sft", "grpo")
    ]
    return [_of_stage(runs, stage, groups) for stage in order]


def _of_stage(runs: Sequence[RunView], stage: str, groups: Sequence[Sequence[int]]) -> StageCurves:
    held = [all_series(run, stage) for run in runs]
    names = {name for series in held for name in series}
    known = {curve.name for curve in CURVES}
    curves = [curve for curve in CURVES if curve.name in names]
    curves += [Curve(name, _title(name)) for name in sorted(names - known)]
    flat = {
        curve.name: value for curve in curves if (value := _constant(curve.name, held)) is not None
    }
    moving = [curve for curve in curves if curve.name not in flat]
    leading = [c for c in moving if stage == "grpo" and c.name in LEADING]
    together = {
        name for c in leading for group in TOGETHER.values() if c.name in group for name in group
    }
    lead = [c for c in moving if c in leading or c.name in together]
    rest = [c for c in moving if c not in lead]
    return StageCurves(
        stage,
        STAGE_LABELS.get(stage, stage),
        tuple(_charts(runs, stage, groups, held, lead)),
        tuple(_charts(runs, stage, groups, held, rest)),
        tuple(
            f"{c.title} {100 * flat[c.name]:.1f} %"
            if c.percent
            else f"{c.title} {flat[c.name]:.4g}"
            for c in curves
            if c.name in flat
        ),
    )


def _title(name: str) -> str:
    """Return a title for a metric outside `CURVES`, `Reward: brevity` for `reward/brevity`."""
    kind, _, rest = name.replace("_", " ").partition("/")
    kinds = {"reward": "Reward", "advantage": "Advantage", "machine": "Machine"}
    title = f"{kinds.get(kind, kind)}: {rest}" if rest else kind
    return title[:1].upper() + title[1:]


def _constant(name: str, held: Sequence[dict[str, Series]]) -> float | None:
    """Return the value of a metric that never changes; None if it needs a chart.

    Args:
        name: Name of the metric.
        held: Series of each run by metric.
    """
    values = {value for series in held for _, value in series.get(name, ())}
    steps = max(len(series.get(name, ())) for series in held)
    if name in ALWAYS or len(values) != 1 or not isfinite(only := values.pop()):
        return None
    if only and steps < 2:
        return None
    for group in TOGETHER.values():
        if name in group and any(_moves(other, held) for other in group):
            return None  # beside lines that change, a constant one is informative
    return only


def _moves(name: str, held: Sequence[dict[str, Series]]) -> bool:
    return len({value for series in held for _, value in series.get(name, ())}) > 1


def _charts(
    runs: Sequence[RunView],
    stage: str,
    groups: Sequence[Sequence[int]],
    held: Sequence[dict[str, Series]],
    curves: Sequence[Curve],
) -> list[LineChart]:
    charts: list[LineChart | None] = []
    grouped: set[str] = set()
    for curve in curves:
        if curve.name in grouped:
            continue
        title = next((t for t, group in TOGETHER.items() if curve.name in group), "")
        if len(runs) == 1 and title:
            grouped |= set(TOGETHER[title])
            charts.append(_together(stage, title, held[0], percent=curve.percent))
            continue
        if len(runs) > 2:
            inputs = list(
                _of_groups(runs, groups, [series.get(curve.name, ()) for series in held], stage)
            )
        else:
            inputs = [
                Input(
                    run.name if len(runs) > 1 else curve.title,
                    "stage-other run-b" if index else f"stage-{stage} run-a",
                    series[curve.name],
                )
                for index, (run, series) in enumerate(zip(runs, held, strict=True))
                if curve.name in series
            ]
        charts.append(
            line_chart(
                _id(stage, curve.name),
                curve.title,
                inputs,
                percent=curve.percent,
                may_be_logarithmic=curve.logarithmic,
                smooth=curve.smooth,
            )
        )
    return [chart for chart in charts if chart is not None]


def _of_groups(
    runs: Sequence[RunView], groups: Sequence[Sequence[int]], held: Sequence[Series], stage: str
) -> Iterator[Input]:
    for index, places in enumerate(groups):
        css = f"group-{index % GROUP_COLOURS}" if len(groups) > 1 else f"stage-{stage}"
        letter = f"{chr(ord('A') + index % 26)}: " if len(groups) > 1 else ""
        of_group = [(place, held[place]) for place in places if held[place]]
        if len(places) == 1:
            yield from (Input(runs[p].name, css, s, f"{letter}{runs[p].name}") for p, s in of_group)
            continue
        for place, series in of_group:
            yield Input(runs[place].name, f"{css} seed", series, f"{letter}each seed")
        if of_group:
            mean = f"{letter}mean of the seeds"
            yield Input(mean, css, mean_series([series for _, series in of_group]), mean)


def mean_series(held: Sequence[Series]) -> Series:
    """Return the mean of several series at the steps that all of them have."""
    by_step = [dict(series) for series in held]
    steps = sorted(set.intersection(*(set(values) for values in by_step)))
    return [(step, fmean(values[step] for values in by_step)) for step in steps]


def _together(
    stage: str, title: str, series: dict[str, Series], *, percent: bool
) -> LineChart | None:
    inputs = [
        Input(name.partition("/")[2], f"component-{index}", series[name])
        for index, name in enumerate(TOGETHER[title])
        if name in series
    ]
    return line_chart(_id(stage, title), title, inputs, percent=percent)


def _id(stage: str, name: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in f"chart-{stage}-{name}")


def all_series(run: RunView, stage: str) -> dict[str, Series]:
    """Return the metrics of a stage and, for GRPO, values computed from its rollouts."""
    series: dict[str, Series] = {
        name: run.metrics.series(stage, name) for name in run.metrics.names(stage)
    }
    if stage == "grpo":
        series |= {k: v for k, v in _of_rollouts(run).items() if v and k not in series}
    if "completion_tokens" in series:
        series.pop("characters", None)
    if "calibration/auroc" not in series:
        # Earlier versions counted a presumed confidence as stated, so their values are useless.
        series = {
            k: v
            for k, v in series.items()
            if not k.startswith("calibration/") or k.endswith("/share")
        }
    return series


def _of_rollouts(run: RunView) -> dict[str, Series]:
    # Rollouts are written before their update, so a step without metrics is not finished yet.
    known = {point.step for point in run.metrics.stages.get("grpo", ())}
    steps = [s for s in run.rollouts if s.rows and s.step in known]
    agreed = [(s.step, s.agreement) for s in steps if s.agreement is not None]
    return {
        "completion_tokens": [
            (s.step, s.tokens) for s in steps if s.tokens is not None and isfinite(s.tokens)
        ],
        "characters": [(s.step, s.characters) for s in steps],
        "cut_share": [(s.step, s.cut) for s in steps if s.cut is not None],
        "by/reward": [(step, a.reward_correct) for step, a in agreed],
        "by/independent extractor": [(step, a.independent_correct) for step, a in agreed],
    }
