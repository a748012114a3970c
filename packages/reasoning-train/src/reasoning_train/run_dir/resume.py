"""Find the checkpoint that an interrupted stage can go on from."""

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
    """The newest step under `folder` whose checkpoint can be read whole; 0 if there is none.

    Tunix's trainers go on from the newest checkpoint that they find, and fail on a damaged one. So
    damaged ones are moved beside the folder, with a warning. Tunix also saves a step before it logs
    it: a checkpoint after the step `logged`, the last one in the metrics, is removed, so that its
    steps are made and logged again. So are saves that were interrupted.
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
            "checkpoint %s/%d is damaged (%s); kept as %s, resuming from the one before",
            *(folder.name, step, fault, aside.name),
        )
    return 0


def _fault(checkpoint: Path) -> str | None:
    """What keeps the checkpoint from being read, in one line."""
    checkpointer = ocp.PyTreeCheckpointer()
    try:
        for item in ITEMS:
            tree = checkpointer.metadata(checkpoint / item).item_metadata.tree
            as_numpy = jax.tree.map(lambda _: ocp.RestoreArgs(restore_type=np.ndarray), tree)
            checkpointer.restore(checkpoint / item, restore_args=as_numpy)
    except Exception as error:  # whatever it is, this checkpoint cannot be gone on from
        return str(error).splitlines()[0][:120] if str(error) else type(error).__name__
    return None


def _free_name(path: Path) -> Path:
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name}-{number}")
    return candidate
