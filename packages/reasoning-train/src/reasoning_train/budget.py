"""Share a wall-clock budget out over the stages, and know when the next step would not fit."""

import math
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from reasoning_train.errors import UserError

T = TypeVar("T")

UNITS = {"s": 1, "m": 60, "h": 3600}
STAGE_ENDS = {"setup": 0.5 / 9, "sft": 3.0 / 9, "grpo": 7.5 / 9}
"""Where each stage ends, as a share: 0:30, 2:30 and 4:30 of 9 hours, the rest for export."""

MARGIN = 1.5
"""A step is begun only if this many times the longest step so far still fits."""


def parse_budget(text: str) -> float | None:
    """Seconds of a budget such as `20m`, `1h30m` or `9h`; None for an empty one.

    Raises:
        UserError: If it is written otherwise, or is zero.
    """
    if not text:
        return None
    parts = re.findall(r"(\d+(?:\.\d+)?)([smh])", text)
    if not parts or "".join(n + u for n, u in parts) != text:
        raise UserError(f"budget {text!r} is not a time such as 20m, 1h30m or 9h")
    seconds = sum(float(number) * UNITS[unit] for number, unit in parts)
    if seconds <= 0:
        raise UserError(f"budget {text!r} leaves no time")
    return seconds


@dataclass
class Clock:
    """Time used by a run, across restarts.

    Attributes:
        budget: Seconds for the whole run; None for no limit.
        used_before: Seconds used by earlier processes of the same run.
        now: The clock, in seconds.
        compiled: Seconds that compiling has taken so far: part of a step that no later one needs.
    """

    budget: float | None = None
    used_before: float = 0.0
    now: Callable[[], float] = time.monotonic
    compiled: Callable[[], float] = lambda: 0.0
    _started: float = field(init=False)

    def __post_init__(self) -> None:
        self._started = self.now()

    @property
    def elapsed(self) -> float:
        """Seconds used so far."""
        return self.used_before + self.now() - self._started

    def deadline(self, stage: str) -> float:
        """Seconds of `elapsed` at which a stage must be over; infinite without a budget."""
        return math.inf if self.budget is None else self.budget * STAGE_ENDS[stage]

    def until_deadline(self, items: Iterable[T], stage: str) -> Iterator[T]:
        """Yield items until the next one would overrun the stage's deadline.

        The time between two items is the time of a step, with the saving that fell into it and
        without the compiling. The first is always given, so that every stage does something. It
        is also traced: once there are others, it does not count as the longest.
        """
        deadline = self.deadline(stage)
        first = longest = 0.0
        for index, item in enumerate(items):
            expected = longest if index > 1 else first
            if index and self.elapsed + MARGIN * expected > deadline:
                return
            begun, compiled = self.now(), self.compiled()
            yield item
            seconds = self.now() - begun - (self.compiled() - compiled)
            if index == 0:
                first = seconds
            else:
                longest = max(longest, seconds)
