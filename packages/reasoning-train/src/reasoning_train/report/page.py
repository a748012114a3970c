"""The report page of one or several runs: its content, and its rendering by the template."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reasoning_train.report.browser import (
    Panel,
    problem_panel,
    rollout_panel,
    safe_json,
    sample_panel,
)
from reasoning_train.report.curves import StageCurves, stage_curves
from reasoning_train.report.diagrams import DotPlot, Estimate, Reliability, dot_plot, reliability
from reasoning_train.report.evaluations import STAGE_LABELS, Evaluation
from reasoning_train.report.findings import CHECKED, Finding, Level, findings, merged
from reasoning_train.report.held_out import HeldOut
from reasoning_train.report.load import RunView
from reasoning_train.report.results import (
    Entry,
    Pair,
    TableRow,
    accuracy_of,
    couples,
    measures,
    paired,
    results_table,
)
from reasoning_train.report.seeds import (
    PooledPair,
    SeedGroup,
    SeedResult,
    comparisons,
    pool,
    seed_groups,
)
from reasoning_train.report.settings import differences, sections, story
from reasoning_train.report.tables import Plan, plan_of, provenance
from reasoning_train.report.timeline import Timeline, duration, timeline
from reasoning_train.report.verdicts import RunVerdict, run_verdict

MOST_BYTES = 5_000_000
"""Maximum size of a page."""
BROWSER_BYTES = 2_400_000
"""Budget for held-out problems; samples have half as much in addition, rollouts a quarter."""
MOST_COLUMNS = 6
"""Maximum number of evaluations side by side in the completion browser."""
FEW_RUNS = 2
"""Maximum number of runs that are compared in full; more runs are summarised by their settings."""


@dataclass(frozen=True, slots=True)
class SetResult:
    """Results on a further held-out set, in addition to the one that verdicts are based on."""

    name: str
    entries: tuple[Entry, ...]
    table: tuple[TableRow, ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Content of a page.

    Attributes:
        runs: The runs.
        verdicts: What training changed, for each run.
        findings: Warnings about the runs, the most severe first.
        entries: Evaluations of all runs.
        table: Metrics of these evaluations.
        pairs: Paired tests: for two runs, first each evaluation of one against the other's, then
            comparisons within each run.
        further: Results on further held-out sets, for up to two runs.
        groups: Groups of runs that differ only in their seed.
        seeds: Pooled result of each group with several seeds.
        between: Comparisons between these groups.
        dots: Dot plots of the accuracies.
        timelines: Planned and actual times of each run.
        curves: Charts of each stage.
        diagrams: Reliability diagrams.
        panels: Lists of the completion browser.
        plans: Name and memory plan of each run that has one.
        differences: Name of each setting that differs, and its value in each run.
    """

    runs: tuple[RunView, ...]
    verdicts: tuple[RunVerdict, ...]
    findings: tuple[Finding, ...]
    entries: tuple[Entry, ...]
    table: tuple[TableRow, ...]
    pairs: tuple[Pair, ...]
    further: tuple[SetResult, ...]
    groups: tuple[SeedGroup, ...]
    seeds: tuple[SeedResult, ...]
    between: tuple[PooledPair, ...]
    dots: tuple[DotPlot, ...]
    timelines: tuple[Timeline, ...]
    curves: tuple[StageCurves, ...]
    diagrams: tuple[Reliability, ...]
    panels: tuple[Panel, ...]
    plans: tuple[tuple[str, Plan], ...]
    differences: tuple[tuple[str, ...], ...]

    @property
    def title(self) -> str:
        """Title of the page: the names of the runs."""
        names = [run.name for run in self.runs]
        if len(names) > FEW_RUNS:
            return f"{names[0]} … {names[-1]}"
        return " vs. ".join(names)

    @property
    def kind(self) -> str:
        """Kind of the page, in a few words."""
        count = len(self.runs)
        if count == 1:
            return "Training report"
        if len(self.groups) == 1 and self.seeds:
            return f"{count} seeds of the same settings"
        return f"{count} training runs compared"


def make_report(runs: Sequence[RunView], *, browser_bytes: int = BROWSER_BYTES) -> Report:
    """Assemble the content of a page.

    Args:
        runs: The runs to show.
        browser_bytes: Budget of the completion browser for held-out problems.
    """
    names = [run.name for run in runs]
    entries = [
        entry
        for index, run in enumerate(runs)
        for entry in _entries(run, index, len(runs), run.evaluations, run.held_out)
    ]
    groups = seed_groups(runs)
    pooled = tuple(pool(group, entries, names) for group in groups if group.several)
    shown = [e for e in entries if len(runs) <= FEW_RUNS or e.evaluation is _last(runs[e.run])]
    diagrams = [
        reliability(f"reliability-{place}", e.label, e.css, e.evaluation)
        for place, e in enumerate(shown)
    ]
    return Report(
        runs=tuple(runs),
        verdicts=tuple(run_verdict(run) for run in runs),
        findings=tuple(
            sorted(
                (f for run in runs for f in findings(run)), key=lambda f: list(Level).index(f.level)
            )
        ),
        entries=tuple(entries),
        table=tuple(results_table(entries)),
        pairs=tuple(_pairs(entries, len(runs))),
        further=tuple(_further(runs)) if len(runs) <= FEW_RUNS else (),
        groups=tuple(groups),
        seeds=pooled,
        between=tuple(comparisons([p.group for p in pooled], entries)),
        dots=tuple(_dots(entries, pooled)),
        timelines=tuple(timeline(run) for run in runs),
        curves=tuple(stage_curves(runs, [group.places for group in groups])),
        diagrams=tuple(d for d in diagrams if d is not None),
        panels=tuple(_panels(runs, entries, shown, browser_bytes)),
        plans=tuple((run.name, plan) for run in runs if (plan := plan_of(run))),
        differences=tuple(differences(*runs)) if len(runs) > 1 else (),
    )


def _last(run: RunView) -> Evaluation | None:
    """Return the evaluation of the last stage, the only one shown if there are many runs."""
    stages = [e for e in run.evaluations if e.name in STAGE_LABELS] or list(run.evaluations)
    return stages[-1] if stages else None


def _further(runs: Sequence[RunView]) -> Iterator[SetResult]:
    """Yield the results on each further held-out set of any run."""
    for name in dict.fromkeys(found.name for run in runs for found in run.further):
        entries = [
            entry
            for index, run in enumerate(runs)
            for found in run.further
            if found.name == name
            for entry in _entries(run, index, len(runs), found.evaluations, found.held_out)
        ]
        pairs = tuple(_pairs(entries, len(runs)))
        yield SetResult(name, tuple(entries), tuple(results_table(entries)), pairs)


def _entries(
    run: RunView,
    index: int,
    count: int,
    evaluations: Sequence[Evaluation],
    held_out: HeldOut,
) -> list[Entry]:
    known = {"base": "stage-base", "sft": "stage-sft", "grpo": "stage-grpo"}
    marked = "run-b" if index == 1 and count == FEW_RUNS else "run-a"
    return [
        Entry(
            index,
            f"{run.name} {e.label}" if count > 1 else e.label,
            f"{known.get(e.name, 'stage-other')} {marked}",
            e,
            held_out,
        )
        for e in evaluations
    ]


def _pairs(entries: Sequence[Entry], count: int) -> list[Pair]:
    by_run = [[e for e in entries if e.run == run] for run in range(count)]
    compared: list[tuple[Entry, Entry]] = []
    if count == FEW_RUNS:
        by_name = {entry.evaluation.name: entry for entry in by_run[1]}
        compared += [
            (e, by_name[e.evaluation.name]) for e in by_run[0] if e.evaluation.name in by_name
        ]
    compared += [couple for of_run in by_run for couple in couples(of_run)]
    return [
        paired(before, after, measure)
        for before, after in compared
        for measure in measures(before, after)
    ]


def _dots(entries: Sequence[Entry], pooled: Sequence[SeedResult]) -> Iterator[DotPlot]:
    """Yield plots of accuracies: one per group of seeds, and one for all other evaluations."""
    plots = []
    for place, result in enumerate(pooled):
        means = [
            Estimate(label, css, mean, (ends.low, ends.high), seeds)
            for label, css, mean, ends, seeds in result.accuracies
        ]
        plots.append(dot_plot(means, f"dots-{place}", result.group.name))
    in_groups = {place for result in pooled for place in result.group.places}
    singles = [
        Estimate(e.label, e.css, *found)
        for e in entries
        if e.run not in in_groups and (found := accuracy_of(e.evaluation))
    ]
    plots.append(dot_plot(singles))
    return (plot for plot in plots if plot is not None)


def _panels(
    runs: Sequence[RunView], entries: Sequence[Entry], shown: Sequence[Entry], budget: int
) -> Iterator[Panel]:
    """Yield the lists of the completion browser, each kind within its share of the budget."""
    if len(runs) <= FEW_RUNS:
        panels = [problem_panel(entries[:MOST_COLUMNS], budget)]
    else:
        share = budget // (len(runs) + 1)
        panels = [problem_panel(shown[:MOST_COLUMNS], share, "Last evaluation of each run")]
        for place, run in enumerate(runs):
            own = [e for e in entries if e.run == place][:MOST_COLUMNS]
            panels.append(problem_panel(own, share, f"Held-out problems, {run.name}"))
    drawn = [e for e in entries if any(row.samples for row in e.evaluation.rows)]
    panels += [sample_panel(e, budget // 2 // len(drawn)) for e in drawn]
    for run in runs:
        title = "Rollouts of GRPO" + (f", {run.name}" if len(runs) > 1 else "")
        panels.append(rollout_panel(run, title, budget // 4 // len(runs)))
    return (panel for panel in panels if panel.items)


def render(report: Report, *, reload_s: float | None = None) -> str:
    """Render a self-contained HTML page.

    Args:
        report: Content of the page.
        reload_s: Seconds after which the page reloads itself, keeping its scroll position; None if
            it does not.
    """
    environment = Environment(
        loader=PackageLoader("reasoning_train.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    folder = files("reasoning_train.report") / "templates"
    style, style_hash = style_and_hash()
    script = (folder / "report.js").read_text(encoding="utf-8")
    page = environment.get_template("report.html.j2").render(
        report=report,
        findings=merged(report.findings) if len(report.runs) > 1 else report.findings,
        checked=CHECKED,
        style=Markup(style),
        script=Markup(script),
        style_hash=style_hash,
        script_hash=_hash(script),
        data=Markup(safe_json([panel.as_dict() for panel in report.panels])),
        reload_ms=0 if reload_s is None else round(1000 * reload_s),
        written=datetime.now(UTC),
        version=version("reasoning-train"),
        duration=duration,
        story=story,
        sections=sections,
        provenance=provenance,
    )
    # A lone surrogate in a completion cannot be encoded as UTF-8, so it becomes a question mark.
    return page.encode("utf-8", "replace").decode("utf-8")


def render_within(runs: Sequence[RunView], *, reload_s: float | None = None) -> tuple[Report, str]:
    """Return the report and its HTML, with as many completions as fit into `MOST_BYTES`."""
    budget = BROWSER_BYTES
    while True:
        report = make_report(runs, browser_bytes=budget)
        page = render(report, reload_s=reload_s)
        if len(page.encode()) < MOST_BYTES or budget < 1000:
            return report, page
        budget //= 2


def style_and_hash() -> tuple[str, str]:
    """Return the style sheet, and its hash for the content security policy."""
    folder = files("reasoning_train.report") / "templates"
    style = (folder / "report.css").read_text(encoding="utf-8")
    return style, _hash(style)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
