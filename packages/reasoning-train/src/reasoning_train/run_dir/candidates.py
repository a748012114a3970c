"""Validated checkpoints of GRPO, their rewards and weights, and the choice of the best.

This module does not import JAX, because settings are checked against a run before that import.
"""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoning_train.durable import move, read_json, sync_tree, write_json
from reasoning_train.run_dir.choice import choice_file, read_choice
from reasoning_train.run_dir.directory import RunDir, is_whole, numbered


@dataclass(frozen=True, slots=True)
class Validated:
    """Mean reward of the checkpoint of a step, with its 95 % interval, over `n` problems."""

    step: int
    reward: float
    low: float
    high: float
    n: int


def validation_folder(run: RunDir) -> Path:
    """Return the folder of the validations' `<step>.json` files and predictions."""
    return run.evaluation / "validation"


def best_of(validated: Iterable[Validated]) -> Validated | None:
    """Return the checkpoint with the highest mean reward, the earliest one in a tie."""
    return max(validated, key=lambda v: (v.reward, -v.step), default=None)


def read_validations(run: RunDir) -> list[Validated]:
    """Return every validated checkpoint in order of its step; the SFT policy is step 0.

    Raises:
        UserError: A validation file is damaged.
    """
    files = (path for path in validation_folder(run).glob("[0-9]*.json") if path.stem.isdigit())
    read = ((int(path.stem), read_json(path, _figures)) for path in files)
    found = [Validated(step, *figures) for step, figures in read if figures is not None]
    return sorted(found, key=lambda validated: validated.step)


def _figures(summary: dict[str, Any]) -> tuple[float, float, float, int]:
    low, high = summary["ci95"]["mean_reward"]
    return float(summary["mean_reward"]), float(low), float(high), int(summary["n"])


def forget_without_weights(run: RunDir) -> None:
    """Make sure that the weights of the best validated checkpoint are kept.

    They are copied from GRPO's checkpoints, which are removed as newer ones are saved. Checkpoints
    whose weights are lost are removed from the validations, until the best one has its weights.
    """
    while (best := best_of(read_validations(run))) is not None:
        kept, of_grpo = (folder / str(best.step) for folder in _places(run))
        if not is_whole(kept) and is_whole(of_grpo):
            beside = kept.with_name(f".{kept.name}.tmp")
            shutil.rmtree(beside, ignore_errors=True)
            shutil.copytree(of_grpo / "model_params", beside / "model_params")
            sync_tree(beside)
            shutil.rmtree(kept, ignore_errors=True)
            move(beside, kept)
        if is_whole(kept):
            return
        (validation_folder(run) / f"{best.step}.json").unlink()


def choose_best(run: RunDir, best: Validated, steps: int, stopped: str) -> None:
    """Make the best checkpoint the newest in `checkpoints/actor`, so that all readers use it.

    Later checkpoints are moved to `checkpoints/after-best`. `best.json` is written before anything
    is moved; it records the choice, and that GRPO is finished.

    Args:
        run: Run directory.
        best: The checkpoint to choose.
        steps: Number of updates that GRPO made.
        stopped: Why GRPO stopped early; empty if it did not.
    """
    write_json(
        choice_file(run),
        {
            "step": best.step, "of": steps, "mean_reward": best.reward,
            "ci95": [best.low, best.high], "n": best.n, "stopped": stopped,
            "candidates": len(read_validations(run)),
        },
    )  # fmt: skip
    finish_choice(run)


def finish_choice(run: RunDir) -> int | None:
    """Carry out the choice in `best.json`, also after an interruption.

    Later checkpoints are moved only once the chosen weights are in place. If those weights are
    lost, the choice is withdrawn, and a new one can be made among the other checkpoints.

    Returns:
        Number of updates that GRPO made; None if there is no choice, so that GRPO is not finished.
    """
    choice = read_choice(run)
    if choice is None:
        return None
    best, actor = _places(run)
    kept, target = best / str(choice["step"]), actor / str(choice["step"])
    if not is_whole(target):
        if not is_whole(kept):
            choice_file(run).unlink()
            (validation_folder(run) / f"{choice['step']}.json").unlink(missing_ok=True)
            return None
        actor.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        move(kept, target)
    later = run.checkpoints / "after-best"
    for path in numbered(actor):
        if int(path.name) > choice["step"]:
            later.mkdir(exist_ok=True)
            move(path, later / path.name)
    shutil.rmtree(best, ignore_errors=True)
    return int(choice["of"])


def reopen_choice(run: RunDir) -> None:
    """Undo the choice, so that GRPO can resume from its last checkpoint.

    The best checkpoint so far remains a candidate.
    """
    if finish_choice(run) is None:
        return
    later = run.checkpoints / "after-best"
    for path in numbered(later):
        move(path, run.checkpoints / "actor" / path.name)
    choice_file(run).unlink()
    shutil.rmtree(later, ignore_errors=True)


def best_folder(run: RunDir) -> Path:
    """Return the folder that keeps the weights of the best checkpoint so far."""
    return run.checkpoints / "best"


def _places(run: RunDir) -> Sequence[Path]:
    """Return the folders that can hold a step's weights: that of the best, and GRPO's own."""
    return best_folder(run), run.checkpoints / "actor"
