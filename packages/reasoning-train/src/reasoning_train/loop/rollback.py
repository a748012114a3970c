"""Go back to the last good checkpoint when steps come out as no number, and past their data."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from reasoning_train.durable import read_json, write_json
from reasoning_train.errors import NonFiniteError
from reasoning_train.run_dir.resume import resume_step

_log = logging.getLogger(__name__)

T = TypeVar("T")

MOST_RETURNS = 3


class Returns:
    """Where a stage went back to, and how many batches it passed over from there.

    Kept in a file, so that an interrupted run draws the same batches.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._passed = read_json(file, _pairs) or []

    def __len__(self) -> int:
        return len(self._passed)

    def add(self, step: int, count: int) -> None:
        """After update `step`, `count` more batches are passed over."""
        self._passed.append((step, count))
        write_json(self._file, self._passed, keep=True)

    def past(self, batches: Iterator[T]) -> Iterator[T]:
        """The batches, one an update, without those that were passed over."""
        update = 0
        while True:
            for _ in range(sum(count for step, count in self._passed if step == update)):
                next(batches)
            yield next(batches)
            update += 1


def _pairs(values: list[list[int]]) -> list[tuple[int, int]]:
    return [(int(step), int(count)) for step, count in values]


def train_returning(train: Callable[[Returns], int], checkpoints: Path, *, returns: bool) -> int:
    """Train; after too many steps without a finite number, from the last good checkpoint again.

    Args:
        train: The stage, from its newest checkpoint on; returns the number of updates.
        checkpoints: Its folder; the steps that were passed over stand in a file beside it.
        returns: Whether to go back at all.

    Returns:
        The number of updates.

    Raises:
        NonFiniteError: If it may not go back, or not once more.
    """
    passed = Returns(checkpoints.with_name(f"{checkpoints.name}-returns.json"))
    while True:
        try:
            return train(passed)
        except NonFiniteError as error:
            if not returns or len(passed) == MOST_RETURNS:
                raise
            first, last = error.first, error.last
        good = resume_step(checkpoints, first - 1)
        passed.add(good, last - good)
        _log.warning(
            "steps %d to %d of %s gave no finite number: back to step %d, and past their data",
            *(first, last, checkpoints.name, good),
        )
