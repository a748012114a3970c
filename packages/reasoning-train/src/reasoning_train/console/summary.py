"""Summary at the end of a run: its results, and where its files are."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from reasoning_train.clock.budget import STAGE_ENDS, parse_budget, stage_ends
from reasoning_train.config import load_config
from reasoning_train.evaluation.comparison import compare_evaluations, read_evaluation, read_summary
from reasoning_train.evaluation.gains import best_of, gains, verdict_of
from reasoning_train.evaluation.map_against_training import map_against_training
from reasoning_train.evaluation.markdown import confidence_figure
from reasoning_train.evaluation.outcome import warnings
from reasoning_train.evaluation.statistics import PairedDifference
from reasoning_train.evaluation.wording import STAGES
from reasoning_train.run_dir.choice import choice_line, is_start, read_choice
from reasoning_train.run_dir.directory import RunDir
from reasoning_train.run_dir.metrics import logged_lines

LABELS = {
    "setup": "set-up",
    "sft": "SFT",
    "sampling": "sampling",
    "own-traces": "SFT on own samples",
    "grpo": "GRPO",
}


def print_summary(run: RunDir, console: Console) -> None:
    """Print the results of every evaluated stage with 95 % intervals, and the verdict on them.

    The base has a second row if it does better with another prompt format than the schema. Serious
    problems are printed before the verdict.
    """
    summaries = _summaries(run.evaluation)
    if summaries:
        console.print(_table(summaries, _title(summaries)))
    said = verdict_of(run.evaluation, exported(run.export))
    for line in said.serious:
        console.print(f"SERIOUS: {line}", highlight=False, soft_wrap=True, style="bold red")
    for line in (said.headline, *said.form, *gains(run.evaluation)):
        if line:
            console.print(line, highlight=False, soft_wrap=True)
    for folder in sorted(run.evaluation_sets.glob("*")):
        further = _summaries(folder)
        if further:
            console.print(_table(further, _title(further)))
            for line in gains(folder):
                console.print(line, highlight=False, soft_wrap=True)
    for line in _confidences(summaries):
        console.print(line, highlight=False, soft_wrap=True)
    for name, summary in summaries.items():
        for line in warnings(summary):
            console.print(f"warning: {name}: {line}", highlight=False, soft_wrap=True)
    choice = read_choice(run)
    if choice is not None:
        label = "warning: " if is_start(choice) else ""
        console.print(f"{label}{choice_line(choice)}", highlight=False, soft_wrap=True)
    for line in time_lines(run):
        console.print(line, highlight=False, soft_wrap=True)
    padding = padding_line(run)
    if padding:
        console.print(padding, highlight=False, soft_wrap=True)
    console.print(f"run       {run.root}", highlight=False, soft_wrap=True)
    if (run.root / "report.html").is_file():
        console.print(f"report    {run.root / 'report.html'}", highlight=False, soft_wrap=True)
    if (run.export / "safetensors").is_dir():
        console.print(f"model     {run.export / 'safetensors'}", highlight=False, soft_wrap=True)


def _table(summaries: dict[str, dict[str, Any]], title: str) -> Table:
    # Just under 80 columns, the default width of a terminal.
    table = Table(
        title=title,
        min_width=len(title),  # else a long title is broken over two lines
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    for heading in ("%", "accuracy", "lenient", "format", "reward"):
        table.add_column(heading, no_wrap=True)
    for name, summary in summaries.items():
        table.add_row(
            name,
            _share(summary, "accuracy"),
            f"{100 * summary['accuracy_lenient']:.1f}",
            _share(summary, "well_formed"),
            _mean(summary, "mean_reward"),
        )
    return table


def plan_line(budget: float, ends: Mapping[str, float] = STAGE_ENDS) -> str:
    """Return the plan of a budget: `budget 9:00:00: set-up until 0:30:00, SFT until 3:00:00, …`.

    Args:
        budget: Budget in seconds.
        ends: End of each stage as a share of the budget.
    """
    parts = [f"{LABELS[stage]} until {_time(share * budget)}" for stage, share in ends.items()]
    return f"budget {_time(budget)}: {', '.join(parts)}, then evaluation and export"


def time_lines(run: RunDir) -> list[str]:
    """Return when each training stage ended and had to end; empty without a budget."""
    state = run.read_state()
    config = load_config(file=run.config) if run.config.is_file() else None
    budget = parse_budget(config.budget) if config else None
    if config is None or budget is None:
        return []
    ends = stage_ends(sampling=config.sampling.completions > 0)
    lines = [
        f"{LABELS[stage]} ended at {_time(state.ended_s[stage])} of {_time(share * budget)}"
        for stage, share in ends.items()
        if stage in state.ended_s
    ]
    return [*lines, f"used {_time(state.elapsed_s)} of {_time(budget)}"]


def padding_line(run: RunDir) -> str | None:
    """Return the share of padding in each stage's batches; None before training."""
    shares = {
        LABELS[stage]: [
            line.values["padding"]
            for line in logged_lines(run.metrics, stage)
            if "padding" in line.values
        ]
        for stage in ("sft", "own-traces", "grpo")
    }
    parts = [f"{label} {100 * fmean(found):.1f} %" for label, found in shares.items() if found]
    return f"padding   {', '.join(parts)} of all tokens computed" if parts else None


def _time(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


def compare(run: RunDir, before: str, after: str) -> PairedDifference:
    """Return the paired difference in strict accuracy of two evaluations of one run.

    Args:
        run: Run directory.
        before: Name of the first evaluation, such as `sft`.
        after: Name of the second evaluation, such as `grpo`.

    Raises:
        UserError: An evaluation is missing, or they were made on different problems.
    """
    one, other = (read_evaluation(run.evaluation / f"{name}.json") for name in (before, after))
    return compare_evaluations(one, other)


def _confidences(summaries: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield lines on the stated confidences, with ECE and AUROC together.

    A constant confidence can have a low ECE, so ECE alone would mislead.
    """
    stating = {name: s for name, s in summaries.items() if s.get("ece") is not None}
    if summaries and not stating:
        yield "confidence: not stated in any completion"
    for name, summary in stating.items():
        yield f"confidence, {name}: {', '.join(_confidence_parts(summary))}"
    if compared := map_against_training(summaries):
        yield compared


def _confidence_parts(summary: dict[str, Any]) -> Iterator[str]:
    share, surest = summary.get("stated"), summary.get("accuracy_at_80")
    if share is not None:
        yield f"stated in {100 * share:.1f} %"
    interval = summary["ci95"].get("auroc")
    between = f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else ""
    yield f"AUROC {confidence_figure(summary, 'auroc')}{between}"
    for label, key in (("ECE", "ece"), ("Brier", "brier"), ("AURC", "aurc")):
        yield f"{label} {confidence_figure(summary, key)}"
    if surest is not None:
        yield f"{100 * surest:.1f} % right of the surest 80 %"
    mapped = summary.get("post_hoc") or {}
    if mapped.get("ece") is not None:
        yield (
            f"after an isotonic map ECE {confidence_figure(mapped, 'ece')} and Brier "
            f"{confidence_figure(mapped, 'brier')}"
        )
    if mapped.get("note"):
        yield str(mapped["note"])


def _summaries(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the summary of each stage, and of the base with its best prompt after the base."""
    found: dict[str, dict[str, Any]] = {}
    for name in STAGES:
        path = folder / f"{name}.json"
        if not path.is_file():
            continue
        found[name] = read_summary(path)
        best = best_of(folder) if name == "base" else None
        if best is not None and best.name != "base":
            found[best.name] = best.summary
    return found


def exported(folder: Path) -> str:
    """Return the exported checkpoint, such as `GRPO, step 30`; empty if it is unknown."""
    path = folder / "safetensors" / "export.json"
    try:
        checkpoint = json.loads(path.read_text(encoding="utf-8"))["checkpoint"]
        stage, step = str(checkpoint["stage"]), int(checkpoint["step"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    if (stage, step) == ("actor", 0):
        return "SFT, the start of GRPO"
    label = {"actor": "GRPO"}.get(stage, stage.upper())
    return f"{label}, step {step}"


def _title(summaries: dict[str, dict[str, Any]]) -> str:
    first = next(iter(summaries.values()))
    of_set = f" of {first['held_out']}" if first.get("held_out") else ""
    return f"{first['n']} held-out problems{of_set}, greedy, 95 % intervals, seed {first['seed']}"


def _share(summary: dict[str, Any], name: str) -> str:
    low, high = summary["ci95"][name]
    return f"{100 * summary[name]:.1f} ({100 * low:.1f}–{100 * high:.1f})"


def _mean(summary: dict[str, Any], name: str) -> str:
    low, high = summary["ci95"][name]
    return f"{summary[name]:.3f}±{(high - low) / 2:.3f}"
