"""The first lines of every report on an export: its weights and its serious warnings."""

from collections.abc import Mapping
from typing import Any

from reasoning_export.card.evaluation_table import evaluation_section
from reasoning_export.files import read_json
from reasoning_export.inputs.checkpoint_finder import SFT
from reasoning_export.inputs.run_directory import Run

SERIOUS = "> **Serious:** "
"""Begins a line of the trainer's `evaluation/summary.md` that makes the result a bad one."""
CHOICE = "best.json"
"""In `checkpoints/`: the step that validation chose."""


def holds(run: Run) -> str:
    """Describe the exported weights, as in `GRPO, step 20 of 30, the best by validation`."""
    checkpoint = run.checkpoint
    if checkpoint.stage == SFT:
        return f"SFT, step {checkpoint.step}"
    choice = _choice(run)
    if choice is None:
        return f"GRPO, step {checkpoint.step}"
    of = f"GRPO, step {checkpoint.step} of {choice['of']}"
    if checkpoint.step != choice["step"]:
        return f"{of}, not the best by validation, which is step {choice['step']}"
    figure = ""
    if isinstance(choice.get("mean_reward"), float):
        figure = f" (mean reward {choice['mean_reward']:.3f} on {choice.get('n')} problems)"
    if checkpoint.step == 0:
        return (
            f"the SFT policy, step 0 of {choice['of']} of GRPO: no checkpoint of GRPO did better "
            f"in validation{figure}"
        )
    return f"{of}, the best by validation{figure}"


def serious(run: Run) -> list[str]:
    """The trainer's serious warnings about the exported weights, without Markdown.

    Those about GRPO say nothing about the weights before it.

    Raises:
        ExportError: The summary is not what it should be.
    """
    marked = [x for x in evaluation_section(run).splitlines() if x.startswith(SERIOUS)]
    lines = [line.removeprefix(SERIOUS) for line in marked]
    before = run.checkpoint.stage == SFT
    return [line for line in lines if not (before and line.startswith("GRPO"))]


def _choice(run: Run) -> Mapping[str, Any] | None:
    path = run.path / "checkpoints" / CHOICE
    if not path.is_file():
        return None
    choice = read_json(path, "what validation chose")
    whole = all(isinstance(choice.get(key), int) for key in ("step", "of"))
    return choice if whole else None
