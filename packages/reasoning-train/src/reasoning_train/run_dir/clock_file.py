"""Time that a run has used, saved every few seconds to `clock.json` in case the run is killed.

Metrics and state also record the time, but they are not written during set-up, evaluation or
export, which can take hours.
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
    """Time used by earlier processes of a run.

    Attributes:
        elapsed_s: Seconds used in total.
        longest_s: Seconds of the longest step or evaluation of each kind, as in `Clock.longest`.
    """

    elapsed_s: float = 0.0
    longest_s: dict[str, float] = field(default_factory=dict)


def read_clock(path: Path) -> Kept:
    """Read the file; zeros if it is missing or damaged, since metrics and state have times too."""
    with suppress(UserError):
        return read_json(path, _kept) or Kept()
    return Kept()


def _kept(values: dict[str, Any]) -> Kept:
    longest = {str(part): float(seconds) for part, seconds in values["longest_s"].items()}
    return Kept(float(values["elapsed_s"]), longest)


@contextmanager
def keeping(clock: Clock, path: Path, every: float = SECONDS_BETWEEN) -> Iterator[None]:
    """Save the clock's time during the block, in a thread, and at its end.

    Args:
        clock: Clock of the run.
        path: Path of `clock.json`.
        every: Seconds between two writes.
    """
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
    # The work itself reports a full disk.
    with suppress(OSError):
        write_json(path, {"elapsed_s": clock.elapsed, "longest_s": dict(clock.longest)})
