"""`clock.json`: the time that a run has used, kept while it runs, so that a kill forgets little.

Metrics and state say it too, but neither is written during set-up, an evaluation or an export,
which can take hours.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reasoning_train.clock.budget import Clock
from reasoning_train.durable import read_json, write_json
from reasoning_train.errors import UserError

SECONDS_BETWEEN = 5.0


@dataclass(frozen=True, slots=True)
class Kept:
    """What earlier processes of a run took.

    Attributes:
        elapsed_s: Seconds used.
        longest_s: As `Clock.longest`.
    """

    elapsed_s: float = 0.0
    longest_s: dict[str, float] = field(default_factory=dict)


def read_clock(path: Path) -> Kept:
    """What is kept; nothing where the file is missing or damaged, for metrics and state remain."""
    with suppress(UserError):
        return read_json(path, _kept) or Kept()
    return Kept()


def _kept(values: dict[str, Any]) -> Kept:
    longest = {str(part): float(seconds) for part, seconds in values["longest_s"].items()}
    return Kept(float(values["elapsed_s"]), longest)


@contextmanager
def keeping(clock: Clock, path: Path, every: float = SECONDS_BETWEEN) -> Iterator[None]:
    """Write the clock's time every few seconds, in a thread, and at the end of the block."""
    over = threading.Event()

    def keep() -> None:
        while not over.wait(every):
            _write(clock, path)

    thread = threading.Thread(target=keep, name="clock", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        _write(clock, path)


def _write(clock: Clock, path: Path) -> None:
    # A full disk is for the work itself to complain of.
    with suppress(OSError):
        write_json(path, {"elapsed_s": clock.elapsed, "longest_s": dict(clock.longest)})
