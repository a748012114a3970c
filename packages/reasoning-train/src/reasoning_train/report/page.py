"""The page: everything of one run or two, laid out and filled into the template."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reasoning_train.report.browser import Panel, problem_panel, rollout_panel, safe_json
from reasoning_train.report.curves import StageCurves, stage_curves
from reasoning_train.report.diagrams import DotPlot, Reliability, dot_plot, reliability
from reasoning_train.report.findings import CHECKED, Finding, Level, findings
from reasoning_train.report.load import RunView
from reasoning_train.report.results import (
    Entry,
    Pair,
    TableRow,
    accuracy_of,
    couples,
    paired,
    results_table,
)
from reasoning_train.report.settings import differences, sections, story
from reasoning_train.report.tables import Plan, plan_of, provenance
from reasoning_train.report.timeline import Timeline, duration, timeline

MOST_BYTES = 5_000_000
"""No page is larger."""
BROWSER_BYTES = 2_600_000
ROLLOUT_BYTES = 600_000
MOST_COLUMNS = 6
"""Evaluations that fit side by side in the browser of completions."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a page says, before it is a page. `runs` are one or two; `pairs` of two runs compare
    the same evaluation of both, before the comparisons inside each run."""

    runs: tuple[RunView, ...]
    findings: tuple[Finding, ...]
    entries: tuple[Entry, ...]
    table: tuple[TableRow, ...]
    pairs: tuple[Pair, ...]
    dots: DotPlot | None
    timelines: tuple[Timeline, ...]
    curves: tuple[StageCurves, ...]
    diagrams: tuple[Reliability, ...]
    panels: tuple[Panel, ...]
    plans: tuple[tuple[str, Plan], ...]
    differences: tuple[tuple[str, str, str], ...]

    @property
    def title(self) -> str:
        return " against ".join(run.name for run in self.runs)


def make_report(runs: Sequence[RunView], *, browser_bytes: int = BROWSER_BYTES) -> Report:
    """Put together what the page of one run, or of two compared, shows."""
    entries = [entry for index, run in enumerate(runs) for entry in _entries(run, index, len(runs))]
    shares = [(e.label, e.css, *found) for e in entries if (found := accuracy_of(e.evaluation))]
    panels = [problem_panel(entries[:MOST_COLUMNS], browser_bytes)]
    for run in runs:
        title = "Rollouts of GRPO" + (f", {run.name}" if len(runs) > 1 else "")
        panels += [rollout_panel(run, title, ROLLOUT_BYTES // len(runs))]
    diagrams = [
        reliability(f"reliability-{place}", e.label, e.css, e.evaluation)
        for place, e in enumerate(entries)
    ]
    return Report(
        runs=tuple(runs),
        findings=tuple(
            sorted(
                (f for run in runs for f in findings(run)), key=lambda f: list(Level).index(f.level)
            )
        ),
        entries=tuple(entries),
        table=tuple(results_table(entries)),
        pairs=tuple(_pairs(entries)),
        dots=dot_plot(shares),
        timelines=tuple(timeline(run) for run in runs),
        curves=tuple(stage_curves(runs)),
        diagrams=tuple(d for d in diagrams if d is not None),
        panels=tuple(p for p in panels if p.items),
        plans=tuple((run.name, plan) for run in runs if (plan := plan_of(run))),
        differences=tuple(differences(*runs)) if len(runs) == 2 else (),
    )


def _entries(run: RunView, index: int, count: int) -> list[Entry]:
    known = {"base": "stage-base", "sft": "stage-sft", "grpo": "stage-grpo"}
    return [
        Entry(
            index,
            f"{run.name} {e.label}" if count > 1 else e.label,
            f"{known.get(e.name, 'stage-other')} run-{'ab'[index]}",
            e,
            run.held_out,
        )
        for e in run.evaluations
    ]


def _pairs(entries: Sequence[Entry]) -> list[Pair]:
    first, second = ([e for e in entries if e.run == run] for run in (0, 1))
    by_name = {entry.evaluation.name: entry for entry in second}
    compared = [(e, by_name[e.evaluation.name]) for e in first if e.evaluation.name in by_name]
    compared += [*couples(first), *couples(second)]
    measures = ("strict", "lenient")
    return [paired(before, after, measure) for before, after in compared for measure in measures]


def render(report: Report, *, reload_s: float | None = None) -> str:
    """The page as HTML that needs nothing else.

    Args:
        reload_s: The page loads itself again after so many seconds, keeping its place.
    """
    environment = Environment(
        loader=PackageLoader("reasoning_train.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    folder = files("reasoning_train.report") / "templates"
    style = (folder / "report.css").read_text(encoding="utf-8")
    script = (folder / "report.js").read_text(encoding="utf-8")
    page = environment.get_template("report.html.j2").render(
        report=report,
        checked=CHECKED,
        style=Markup(style),
        script=Markup(script),
        style_hash=_hash(style),
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
    # A lone surrogate in a completion has no UTF-8; a reader sees a question mark.
    return page.encode("utf-8", "replace").decode("utf-8")


def render_within(runs: Sequence[RunView], *, reload_s: float | None = None) -> tuple[Report, str]:
    """The report and its page, with as many completions as fit into `MOST_BYTES`."""
    budget = BROWSER_BYTES
    while True:
        report = make_report(runs, browser_bytes=budget)
        page = render(report, reload_s=reload_s)
        if len(page.encode()) < MOST_BYTES or budget < 1000:
            return report, page
        budget //= 2


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
