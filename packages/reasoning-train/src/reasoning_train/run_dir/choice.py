"""Choice among GRPO's checkpoints by validation, in `checkpoints/best.json`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reasoning_train.durable import read_json
from reasoning_train.run_dir.directory import RunDir


def choice_file(run: RunDir) -> Path:
    """Return the path of `best.json`."""
    return run.checkpoints / "best.json"


def read_choice(run: RunDir) -> dict[str, Any] | None:
    """Return the content of `best.json`; None if no checkpoint was chosen.

    Raises:
        UserError: The file is damaged.
    """
    return read_json(choice_file(run), _checked)


def _checked(choice: dict[str, Any]) -> dict[str, Any]:
    low, high = choice["ci95"]
    figures = (choice["mean_reward"], low, high, choice["step"], choice["of"], choice["n"])
    if not all(isinstance(figure, int | float) for figure in figures):
        raise ValueError(f"not all values are numbers: {figures}")
    return choice


def choice_line(choice: Mapping[str, Any]) -> str:
    """Return a sentence about the choice: `GRPO's weights are those of step 20 of 30, …`."""
    low, high = choice["ci95"]
    stopped = f"; it ended because {choice['stopped']}" if choice.get("stopped") else ""
    figures = (
        f"{choice['mean_reward']:.3f}, 95 % CI {low:.3f} to {high:.3f}, on {choice['n']} problems "
        f"set aside for validation{_as_maximum(choice.get('candidates', 0))}{stopped}"
    )
    if is_start(choice):
        return (
            "no checkpoint of GRPO earned a higher reward than the SFT policy that it began from, "
            f"so the output is that policy (step 0 of {choice['of']}): {figures}"
        )
    return (
        f"GRPO's weights are those of step {choice['step']} of {choice['of']}, which has the "
        f"highest reward: {figures}"
    )


def is_start(choice: Mapping[str, Any]) -> bool:
    """Return whether the SFT policy, which is step 0 of GRPO, was chosen."""
    return bool(choice["step"] == 0)


def _as_maximum(candidates: int) -> str:
    """Return a warning about the selection bias of the chosen checkpoint's reward."""
    if candidates < 2:
        return ""
    return (
        f"; as the highest of {candidates}, this reward and its interval are biased upwards by the "
        "choice, so go by the held-out results"
    )
