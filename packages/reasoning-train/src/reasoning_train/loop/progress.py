"""Progress of long work: a bar on a terminal, occasional lines elsewhere."""

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
COMPILING = "compiling the first step"


class Task:
    """Work with a known number of steps, the first of which includes compilation.

    The time left is estimated from the steps after the first.

    Args:
        console: Where progress is printed if there is no bar.
        name: Name of the work, such as `SFT`.
        total: Number of steps.
        bar: The bar on a terminal; None to print lines.
    """

    def __init__(self, console: Console, name: str, total: int, bar: Progress | None) -> None:
        self._console = console
        self._name = name
        self._total = total
        self._bar = bar
        self._id = bar.add_task(name, total=total, note=COMPILING) if bar else None
        self._started = self._last_line = time.monotonic()
        self._first: tuple[int, float] | None = None
        if bar is None:
            console.print(f"{name} 0/{total} {COMPILING}", highlight=False)

    def update(self, completed: int, note: str = "") -> None:
        """Show that `completed` steps are done, with a note such as the current loss."""
        if self._bar is not None and self._id is not None:
            self._bar.update(self._id, completed=completed, note=note)
            return
        now = time.monotonic()
        left = self._left(completed, now)
        if completed < self._total and now - self._last_line < SECONDS_BETWEEN_LINES:
            return
        self._last_line = now
        used = f"{now - self._started:.0f} s" + (f", {left:.0f} s left" if left else "")
        self._console.print(
            f"{self._name} {completed}/{self._total} {note} ({used})", highlight=False
        )

    def _left(self, completed: int, now: float) -> float | None:
        """Return the seconds left at the pace since the first call, or None at the first call."""
        if self._first is None:
            self._first = (completed, now)
        done, since = self._first
        if completed <= done:
            return None
        return (now - since) / (completed - done) * (self._total - completed)


@contextmanager
def task(console: Console, name: str, total: int) -> Iterator[Task]:
    """Show the progress of some work until the block ends.

    Args:
        console: Where progress is shown: a bar on a terminal, lines elsewhere.
        name: Name of the work, such as `SFT`.
        total: Number of steps.
    """
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
