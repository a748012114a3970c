"""The figures of one evaluation on a terminal."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from reasoning_train.evaluation.alarms import alarms
from reasoning_train.evaluation.comparison import read_evaluation
from reasoning_train.evaluation.divergence import divergence
from reasoning_train.evaluation.markdown import confidence_figure
from reasoning_train.evaluation.outcome import warnings


def print_figures(summary: dict[str, Any], path: Path, console: Console) -> None:
    """Print what `path` holds, and a warning where the independent reader sees a hacked reward."""
    seed = summary["seed"]
    about = [
        f"{path.stem}: {summary['model']} {summary['checkpoint']}".rstrip(),
        f"n = {summary['n']}",
        f"seed {'unknown' if seed is None else seed}",
        f"prompt format {summary['prompt_format']}",
    ]
    console.print(", ".join(about), highlight=False, soft_wrap=True)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("", "greedy", "95 % interval"):
        table.add_column(heading, no_wrap=True)
    for row in _shares(summary) + _means(summary):
        table.add_row(*row)
    console.print(table)
    for line in warnings(summary):
        console.print(f"warning: {line}", highlight=False, soft_wrap=True)
    predictions = read_evaluation(path).predictions
    for alarm in alarms(divergence(map(asdict, predictions))):
        console.print(f"warning: {alarm.message}", highlight=False, soft_wrap=True)
    console.print(str(path), highlight=False, soft_wrap=True)


def _shares(summary: dict[str, Any]) -> list[tuple[str, str, str]]:
    scorers = summary["scorers"]
    shares = [
        ("accuracy, in the tags", summary["accuracy"], "accuracy"),
        ("accuracy, anywhere", summary["accuracy_lenient"], "accuracy_lenient"),
        ("  lm-eval strict (####)", scorers["lm_eval_strict"], "lm_eval_strict"),
        ("  lm-eval flexible", scorers["lm_eval_flexible"], "lm_eval_flexible"),
        ("  independent reader", summary["independent"]["accuracy"], ""),
        ("well-formed", summary["well_formed"], "well_formed"),
        ("cut at the limit", summary["cut"], ""),
    ]
    for suffix, where in (("", "in the tags"), ("_lenient", "anywhere")):
        for kind in ("pass", "maj"):
            shares += [
                (f"{kind}@{k}, {where}", value, f"{kind}_at_{k}{suffix}")
                for k, value in summary.get(f"{kind}_at_k{suffix}", {}).items()
            ]
    return [
        (label, f"{100 * value:.1f} %", _interval(summary, key, 100.0, 1))
        for label, value, key in shares
    ]


def _means(summary: dict[str, Any]) -> list[tuple[str, str, str]]:
    tokens = summary["completion_tokens"]
    return [
        ("reward", f"{summary['mean_reward']:.3f}", _interval(summary, "mean_reward", 1.0, 3)),
        *((f"  {name}", f"{value:.3f}", "") for name, value in summary["components"].items()),
        *_confidences(summary),
        (
            "tokens",
            f"{tokens['mean']:.1f}",
            f"median {tokens['median']:.0f}, 95 % below {tokens['p95']:.0f}",
        ),
    ]


def _confidences(summary: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Figures of the stated confidences; one row that says so where nothing is stated."""
    if summary["ece"] is None:
        return [("confidence", "not stated", "")]
    rows = [("confidence stated", f"{100 * summary['stated']:.1f} %", "")]
    rows += [
        (f"  {label}", confidence_figure(summary, key), _interval(summary, key, 1.0, 3))
        for label, key in (("AUROC", "auroc"), ("AURC", "aurc"), ("ECE", "ece"), ("Brier", "brier"))
    ]
    surest = f"{100 * summary['accuracy_at_80']:.1f} %"
    rows.append(("  right, surest 80 %", surest, _interval(summary, "accuracy_at_80", 100.0, 1)))
    mapped = summary.get("post_hoc") or {}
    if mapped.get("ece") is not None:
        rows += [
            ("  ECE, isotonic map", confidence_figure(mapped, "ece"), f"on {mapped['fitted_on']}"),
            (
                "  Brier, likewise",
                confidence_figure(mapped, "brier"),
                _interval(mapped, "brier", 1.0, 3),
            ),
        ]
    return rows


def _interval(summary: Mapping[str, Any], key: str, factor: float, digits: int) -> str:
    if key not in summary["ci95"]:
        return ""
    low, high = summary["ci95"][key]
    return f"{factor * low:.{digits}f} to {factor * high:.{digits}f}"
