"""The card's evaluation section: the trainer's summary, or a table of the evaluation files."""

import math
from collections.abc import Mapping
from typing import Any

from reasoning_export.errors import ExportError
from reasoning_export.files import read_json
from reasoning_export.inputs.run_directory import Run

SUMMARY = "summary.md"
"""In a run's `evaluation` folder: Markdown for a card, by the trainer. It also has what can only be
computed from the predictions, such as paired differences."""
LONGEST = 1 << 16
STAGES = ("base", "sft", "grpo")
FIGURES = ("accuracy", "accuracy_lenient", "well_formed", "mean_reward", "auroc", "ece", "brier")


def evaluation_section(run: Run) -> str:
    """The evaluation section in Markdown: the trainer's summary, or one row per evaluated stage.

    Raises:
        ExportError: An evaluation file is not what it should be.
    """
    if (run.path / "evaluation" / SUMMARY).is_file():
        return f"## Evaluation\n\n{_summary(run)}\n"
    rows = []
    for name in STAGES:
        path = run.path / "evaluation" / f"{name}.json"
        if path.is_file():
            rows.append(_row(name, read_json(path, "an evaluation")))
    if not rows:
        return "## Evaluation\n\nThis run was not evaluated.\n"
    head = ["model", "n", *(name.replace("_", " ") for name in FIGURES)]
    lines = [head, ["---"] * len(head), *rows]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return (
        "## Evaluation\n\nOn the same held-out problems, with 95 % intervals; accuracy counts "
        f"answers inside the answer tags; lenient accuracy counts them anywhere.\n\n{table}\n"
    )


def _summary(run: Run) -> str:
    """The text of the trainer's summary, which must not be a link out of the run directory."""
    path = run.path / "evaluation" / SUMMARY
    if not path.resolve().is_relative_to(run.path.resolve()):
        raise ExportError(f"{str(path)!r} is a link out of the run directory; refused")
    if path.stat().st_size > LONGEST:
        raise ExportError(f"{str(path)!r} has {path.stat().st_size} bytes; {LONGEST} is the limit")
    try:
        return path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise ExportError(f"{str(path)!r} is not UTF-8 text: {error}") from None


def _row(name: str, values: Mapping[str, Any]) -> list[str]:
    return [name, str(values.get("n", "—")), *(_figure(name, values, key) for key in FIGURES)]


def _figure(name: str, values: Mapping[str, Any], key: str) -> str:
    """A figure, followed by its confidence interval if the evaluation has one."""
    value, intervals = values.get(key), values.get("ci95")
    if value is None:
        return "—"
    if intervals is not None and not isinstance(intervals, dict):
        raise ExportError(f"evaluation/{name}.json: ci95 is {intervals!r}; it must be an object")
    figure, interval = _number(name, key, value), (intervals or {}).get(key)
    if interval is None:
        return figure
    if not isinstance(interval, list) or len(interval) != 2:
        raise ExportError(f"evaluation/{name}.json: ci95.{key} is {interval!r}; it must be a pair")
    low, high = (_number(name, f"ci95.{key}", bound) for bound in interval)
    return f"{figure} ({low} to {high})"


def _number(name: str, key: str, value: object) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ExportError(f"evaluation/{name}.json: {key} is {value!r}; it must be a number")
    return f"{value:.3f}"
