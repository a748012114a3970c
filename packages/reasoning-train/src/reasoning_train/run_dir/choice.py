"""`checkpoints/best.json`: which of GRPO's checkpoints validation chose, and how to say so."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reasoning_train.durable import read_json
from reasoning_train.run_dir.directory import RunDir


def choice_file(run: RunDir) -> Path:
    """Where the choice is kept."""
    return run.checkpoints / "best.json"


def read_choice(run: RunDir) -> dict[str, Any] | None:
    """What `best.json` holds; None if nothing was chosen.

    Raises:
        UserError: It is damaged.
    """
    return read_json(choice_file(run), _checked)


def _checked(choice: dict[str, Any]) -> dict[str, Any]:
    low, high = choice["ci95"]
    figures = (choice["mean_reward"], low, high, choice["step"], choice["of"], choice["n"])
    if not all(isinstance(figure, int | float) for figure in figures):
        raise ValueError(f"a figure is no number: {figures}")
    return choice


def choice_line(choice: Mapping[str, Any]) -> str:
    """`GRPO's weights are those of step 20 of 30, …`."""
    low, high = choice["ci95"]
    stopped = f"; it ended because {choice['stopped']}" if choice.get("stopped") else ""
    figures = (
        f"{choice['mean_reward']:.3f}, 95 % CI {low:.3f} to {high:.3f}, on {choice['n']} problems "
        f"kept out for that{_as_maximum(choice.get('candidates', 0))}{stopped}"
    )
    if is_start(choice):
        return (
            "no checkpoint of GRPO earned more than the SFT policy that it began from, so the "
            f"output is that policy (step 0 of {choice['of']}): {figures}"
        )
    return (
        f"GRPO's weights are those of step {choice['step']} of {choice['of']}, the best in reward: "
        f"{figures}"
    )


def is_start(choice: Mapping[str, Any]) -> bool:
    """Whether the SFT policy was chosen, GRPO's step 0."""
    return bool(choice["step"] == 0)


def _as_maximum(candidates: int) -> str:
    """What choosing does to the figure of the chosen one."""
    if candidates < 2:
        return ""
    return (
        f"; as the highest of {candidates} it is too high by chance, and its interval with it: the "
        "held-out figures are those to go by"
    )
