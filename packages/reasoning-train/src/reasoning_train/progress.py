"""Progress of long work: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

SECONDS_BETWEEN_LINES = 20.0


class Task:
    """One piece of work with a known number of steps."""

    def __init__(self, console: Console, name: str, total: int, bar: Progress | None) -> None:
        self._console = console
        self._name = name
        self._total = total
        self._bar = bar
        self._id = bar.add_task(name, total=total, note="") if bar else None
        self._started = self._last_line = time.monotonic()

    def update(self, completed: int, note: str = "") -> None:
        """Say how far the work is, with the current loss, reward or accuracy as a note."""
        if self._bar is not None and self._id is not None:
            self._bar.update(self._id, completed=completed, note=note)
            return
        now = time.monotonic()
        if completed < self._total and now - self._last_line < SECONDS_BETWEEN_LINES:
            return
        self._last_line = now
        used = now - self._started
        left = used / completed * (self._total - completed) if completed else 0.0
        self._console.print(
            f"{self._name} {completed}/{self._total} {note} ({used:.0f} s, {left:.0f} s left)",
            highlight=False,
        )


@contextmanager
def task(console: Console, name: str, total: int) -> Iterator[Task]:
    """Show the progress of `total` steps until the block ends."""
    if not console.is_terminal:
        yield Task(console, name, total, None)
        return
    with Progress(
        TextColumn("{task.description:<16}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    ) as bar:
        yield Task(console, name, total, bar)
