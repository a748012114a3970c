"""Rollback to the last good checkpoint after too many non-finite steps, skipping their batches."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from reasoning_train.durable import read_json, write_json
from reasoning_train.errors import NonFiniteError
from reasoning_train.run_dir.resume import resume_step

_log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_ROLLBACKS = 3


class Rollbacks:
    """Rollbacks of a stage, kept in a file so that a resumed run draws the same batches.

    Args:
        file: JSON file with a pair for each rollback: the step that the stage went back to, and the
            number of batches it skipped from there.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._rollbacks = read_json(file, _pairs) or []

    def __len__(self) -> int:
        return len(self._rollbacks)

    def add(self, step: int, count: int) -> None:
        """Record a rollback to `step` that skips the next `count` batches."""
        self._rollbacks.append((step, count))
        write_json(self._file, self._rollbacks, keep=True)

    def skip(self, batches: Iterator[T]) -> Iterator[T]:
        """Yield the batches, one per update, without the skipped ones."""
        update = 0
        while True:
            for _ in range(sum(count for step, count in self._rollbacks if step == update)):
                next(batches)
            yield next(batches)
            update += 1


def _pairs(values: list[list[int]]) -> list[tuple[int, int]]:
    return [(int(step), int(count)) for step, count in values]


def train_with_rollback(
    train: Callable[[Rollbacks], int], checkpoints: Path, *, rollback: bool
) -> int:
    """Train a stage, and roll it back after too many non-finite steps.

    Args:
        train: Trains from the newest checkpoint to the end of the stage, and returns the number of
            updates of the stage.
        checkpoints: Folder of the stage's checkpoints; its rollbacks are recorded beside it in
            `NAME-rollbacks.json`.
        rollback: Whether to roll back instead of raising.

    Returns:
        Number of updates of the stage.

    Raises:
        NonFiniteError: There were too many non-finite steps in a row, and `rollback` is false or
            the stage has been rolled back `MAX_ROLLBACKS` times.
    """
    rollbacks = Rollbacks(_file(checkpoints))
    while True:
        try:
            return train(rollbacks)
        except NonFiniteError as error:
            if not rollback or len(rollbacks) == MAX_ROLLBACKS:
                raise
            first, last = error.first, error.last
        good = resume_step(checkpoints, first - 1)
        rollbacks.add(good, last - good)
        _log.warning(
            "steps %d to %d of %s had no finite loss or gradient: rolled back to step %d, and "
            "skipping their batches",
            *(first, last, checkpoints.name, good),
        )


def _file(checkpoints: Path) -> Path:
    file = checkpoints.with_name(f"{checkpoints.name}-rollbacks.json")
    # A run made before the file had this name must still draw the same batches.
    former = checkpoints.with_name(f"{checkpoints.name}-returns.json")
    if former.is_file() and not file.exists():
        former.rename(file)
    return file
