"""Search for the checkpoint that an interrupted stage can resume from."""

import logging
import shutil
from pathlib import Path

import jax
import numpy as np
import orbax.checkpoint as ocp

from reasoning_train.run_dir.directory import numbered

_log = logging.getLogger(__name__)

ITEMS = ("model_params", "optimizer_state")


def resume_step(folder: Path, logged: int) -> int:
    """Return the step of the newest readable checkpoint, after removing those that are not usable.

    Tunix's trainers resume from the newest checkpoint they find, and fail if it is damaged. So
    damaged checkpoints are moved out of the folder, with a warning. Tunix also saves a step before
    logging it. So checkpoints after the last logged step are removed, and their steps are repeated
    and logged. Interrupted saves are removed as well.

    Args:
        folder: Folder of the stage's checkpoints.
        logged: Last step in the metrics.

    Returns:
        The step; 0 if there is no usable checkpoint.
    """
    for path in folder.glob("*.orbax-checkpoint-tmp*"):
        shutil.rmtree(path)
    steps = [int(path.name) for path in numbered(folder)]
    for step in sorted(steps, reverse=True):
        if step > logged:
            shutil.rmtree(folder / str(step))
            continue
        fault = _fault(folder / str(step))
        if fault is None:
            return step
        aside = _free_name(folder.with_name(f"{folder.name}-{step}.damaged"))
        (folder / str(step)).rename(aside)
        _log.warning(
            "checkpoint %s/%d is damaged (%s); moved to %s, resuming from the checkpoint before it",
            *(folder.name, step, fault, aside.name),
        )
    return 0


def _fault(checkpoint: Path) -> str | None:
    """Return in one line why a checkpoint cannot be read; None if it can."""
    checkpointer = ocp.PyTreeCheckpointer()
    try:
        for item in ITEMS:
            tree = checkpointer.metadata(checkpoint / item).item_metadata.tree
            as_numpy = jax.tree.map(lambda _: ocp.RestoreArgs(restore_type=np.ndarray), tree)
            checkpointer.restore(checkpoint / item, restore_args=as_numpy)
    except Exception as error:  # any error at all means that the stage cannot resume from it
        return str(error).splitlines()[0][:120] if str(error) else type(error).__name__
    return None


def _free_name(path: Path) -> Path:
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name}-{number}")
    return candidate
