"""Folders of the problems that a run is evaluated on."""

from pathlib import Path

from reasoning_train.durable import read_json, write_json
from reasoning_train.run_dir.directory import RunDir

OWN = ""
"""Name of the training data's own held-out problems, if no evaluation set is configured."""
NAMES = "sets.json"


def held_out_folders(run: RunDir) -> dict[str, Path]:
    """Return the build of each held-out set by name; verdicts are based on the first.

    Raises:
        UserError: The list of names is damaged.
    """
    names = read_json(run.held_out / NAMES, lambda found: [str(name) for name in found])
    if names is None:
        return {OWN: run.data}
    return {name: run.held_out / name for name in names}


def first_held_out(run: RunDir) -> Path:
    """Return the build with the problems of the verdict."""
    return next(iter(held_out_folders(run).values()))


def evaluation_folder(run: RunDir, name: str) -> Path:
    """Return the folder of the evaluations on a held-out set.

    For the first set, it is `evaluation/` itself.
    """
    first = next(iter(held_out_folders(run)))
    return run.evaluation if name == first else run.evaluation_sets / name


def keep_names(run: RunDir, names: list[str]) -> None:
    """Record the names of the held-out sets, once their builds are in place."""
    write_json(run.held_out / NAMES, names)
