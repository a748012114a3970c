"""The table at the end of a run, and where its files are."""

from datetime import timedelta
from statistics import fmean
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from reasoning_train.budget import STAGE_ENDS, parse_budget
from reasoning_train.config import load_config
from reasoning_train.evaluation.comparing import compare_evaluations, read_evaluation, read_summary
from reasoning_train.evaluation.wording import STAGES, sentence
from reasoning_train.metrics import logged_lines
from reasoning_train.run_dir import RunDir
from reasoning_train.statistics import PairedDifference
from reasoning_train.validation import choice_line

LABELS = {"setup": "set-up", "sft": "SFT", "grpo": "GRPO"}


def print_summary(run: RunDir, console: Console) -> None:
    """Accuracy, format, reward and calibration of every evaluated stage, with 95 % intervals."""
    summaries = {
        name: read_summary(path)
        for name in STAGES
        if (path := run.evaluation / f"{name}.json").is_file()
    }
    # Just under 80 columns: the width of a terminal that nobody has widened.
    table = Table(
        title=_title(summaries) if summaries else None,
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    for heading in ("%", "accuracy", "lenient", "format", "reward", "ECE", "Brier"):
        table.add_column(heading, no_wrap=True)
    for name, summary in summaries.items():
        table.add_row(
            name,
            _share(summary, "accuracy"),
            f"{100 * summary['accuracy_lenient']:.1f}",
            _share(summary, "well_formed"),
            _mean(summary, "mean_reward"),
            f"{summary['ece']:.3f}",
            f"{summary['brier']:.3f}",
        )
    if summaries:
        console.print(table)
    for before, after in (("base", "sft"), ("sft", "grpo")):
        if before in summaries and after in summaries:
            difference = compare(run, before, after)
            text = sentence(before, after, difference, summaries[after]["seed"])
            console.print(text, highlight=False, soft_wrap=True)
    chosen = choice_line(run)
    if chosen:
        console.print(chosen, highlight=False, soft_wrap=True)
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


def plan_line(budget: float) -> str:
    """`budget 9:00:00: set-up until 0:30:00, SFT until 3:00:00, …`."""
    parts = [f"{LABELS[s]} until {_time(share * budget)}" for s, share in STAGE_ENDS.items()]
    return f"budget {_time(budget)}: {', '.join(parts)}, then evaluation and export"


def time_lines(run: RunDir) -> list[str]:
    """When each training stage ended, beside when it had to, if the run has a budget."""
    state = run.read_state()
    budget = parse_budget(load_config(file=run.config).budget) if run.config.is_file() else None
    if budget is None:
        return []
    lines = [
        f"{LABELS[stage]} ended at {_time(state.ended_s[stage])} of {_time(share * budget)}"
        for stage, share in STAGE_ENDS.items()
        if stage in state.ended_s
    ]
    return [*lines, f"used {_time(state.elapsed_s)} of {_time(budget)}"]


def padding_line(run: RunDir) -> str | None:
    """`padding   SFT 12.3 %, … of the places that were computed`; None before training."""
    shares = {
        LABELS[stage]: [
            line.values["padding"]
            for line in logged_lines(run.metrics, stage)
            if "padding" in line.values
        ]
        for stage in ("sft", "grpo")
    }
    parts = [f"{label} {100 * fmean(found):.1f} %" for label, found in shares.items() if found]
    return f"padding   {', '.join(parts)} of the places that were computed" if parts else None


def _time(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


def compare(run: RunDir, before: str, after: str) -> PairedDifference:
    """The paired difference in strict accuracy of two evaluations of one run.

    Raises:
        UserError: They are missing or were made on different problems.
    """
    one, other = (read_evaluation(run.evaluation / f"{name}.json") for name in (before, after))
    return compare_evaluations(one, other)


def _title(summaries: dict[str, dict[str, Any]]) -> str:
    first = next(iter(summaries.values()))
    return f"{first['n']} held-out problems, greedy, 95 % intervals, seed {first['seed']}"


def _share(summary: dict[str, Any], name: str) -> str:
    low, high = summary["ci95"][name]
    return f"{100 * summary[name]:.1f} ({100 * low:.1f}–{100 * high:.1f})"


def _mean(summary: dict[str, Any], name: str) -> str:
    low, high = summary["ci95"][name]
    return f"{summary[name]:.3f}±{(high - low) / 2:.3f}"
