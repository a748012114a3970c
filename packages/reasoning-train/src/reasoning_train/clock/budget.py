"""Division of a wall-clock budget among stages, and whether the next step still fits."""

import math
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from reasoning_train.errors import UserError

T = TypeVar("T")

UNITS = {"s": 1, "m": 60, "h": 3600}
STAGE_ENDS = {"setup": 0.5 / 9, "sft": 3.0 / 9, "grpo": 7.5 / 9}
"""End of each stage as a share of the budget: 0:30, 3:00 and 7:30 of 9 hours. The rest is left for
evaluation and export."""
SAMPLING_ENDS = {
    "setup": 0.5 / 9,
    "sft": 1.0 / 9,
    "sampling": 2.5 / 9,
    "own-traces": 3.5 / 9,
    "grpo": 7.5 / 9,
}
"""The same if the policy is sampled before GRPO: SFT is then a warm-up of 30 minutes."""
EVALUATION_END = 8.5 / 9
"""End of the last evaluation; the export, which cannot be cut short, has half an hour of 9."""

MARGIN = 1.5
"""A step starts only if this many times the longest step so far still fits."""


def stage_ends(*, sampling: bool) -> Mapping[str, float]:
    """Return the end of each stage as a share of the budget.

    `sampling` is whether the run samples its policy before GRPO.
    """
    return SAMPLING_ENDS if sampling else STAGE_ENDS


def parse_budget(text: str) -> float | None:
    """Parse a budget such as `20m`, `1h30m` or `9h` into seconds; None if it is empty.

    Raises:
        UserError: The text is not a time, or the time is zero.
    """
    if not text:
        return None
    parts = re.findall(r"(\d+(?:\.\d+)?)([smh])", text)
    if not parts or "".join(n + u for n, u in parts) != text:
        raise UserError(f"budget {text!r} is not a time such as 20m, 1h30m or 9h")
    seconds = sum(float(number) * UNITS[unit] for number, unit in parts)
    if seconds <= 0:
        raise UserError(f"budget {text!r} leaves no time; give one such as 20m, 1h30m or 9h")
    return seconds


@dataclass
class Clock:
    """Clock of the time used by a run, across restarts.

    Attributes:
        budget: Seconds for the whole run; None for no limit.
        used_before: Seconds used by earlier processes of the same run.
        now: Returns the time in seconds, from any origin.
        compiled: Returns the seconds spent on compilation so far, which later steps do not need.
        longest: Longest step of each stage (`sft`, `sampling`, `grpo`), longest `validation` and
            longest `evaluation` so far, over all processes, in seconds without compilation.
        ends: End of each stage as a share of the budget.
    """

    budget: float | None = None
    used_before: float = 0.0
    now: Callable[[], float] = time.monotonic
    compiled: Callable[[], float] = lambda: 0.0
    longest: dict[str, float] = field(default_factory=dict)
    ends: Mapping[str, float] = field(default_factory=lambda: STAGE_ENDS)
    _started: float = field(init=False)
    _aside: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._started = self.now()

    @property
    def elapsed(self) -> float:
        """Seconds used so far, over all processes."""
        return self.used_before + self.now() - self._started

    def deadline(self, stage: str) -> float:
        """Return the value of `elapsed` by which a stage must end; infinite without a budget.

        GRPO ends before its share is used if the last evaluation, which is expected to take as long
        as the longest so far, would otherwise not fit after it.
        """
        if self.budget is None:
            return math.inf
        if stage == "evaluation":
            return self.budget * EVALUATION_END
        end = self.budget * self.ends[stage]
        if stage == "grpo":
            needed = MARGIN * self.longest.get("evaluation", 0.0)
            end = min(end, self.deadline("evaluation") - needed)
        return end

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Time a part of a run (`validation`, `evaluation`) and leave it out of a step's time."""
        begun, compiled = self.now(), self.compiled()
        yield
        seconds = self.now() - begun - (self.compiled() - compiled)
        self._aside += seconds
        self.longest[part] = max(self.longest.get(part, 0.0), seconds)

    def fits(self, seconds: float, stage: str) -> bool:
        """Return whether work of the given duration would end before the stage's deadline."""
        return self.elapsed + MARGIN * seconds <= self.deadline(stage)

    def until_deadline(self, items: Iterable[T], stage: str, start: int = 0) -> Iterator[T]:
        """Yield items until the next step would overrun the stage's deadline.

        The time between two items is the duration of a step, including the saving of a checkpoint
        but not compilation or what was `timed`. GRPO keeps time for one more validation. The first
        item is always yielded, so that every stage does something. Its step includes tracing, so it
        does not count as the longest once there are others.

        Args:
            items: One item per step, beginning with the stage's first step.
            stage: `sft`, `sampling`, `own-traces` or `grpo`.
            start: Number of steps made by an earlier process, whose items are yielded untimed.
        """
        first = 0.0
        for index, item in enumerate(items):
            if index < start:
                yield item
                continue
            known = self.longest.get(stage, 0.0)
            expected = known or first
            if stage == "grpo":
                expected += self.longest.get("validation", 0.0)
            is_first = index == start
            if (not is_first or (start and known)) and not self.fits(expected, stage):
                return
            begun, compiled, aside = self.now(), self.compiled(), self._aside
            yield item
            seconds = self.now() - begun - (self.compiled() - compiled) - (self._aside - aside)
            if is_first:
                first = seconds
            else:
                self.longest[stage] = max(known, seconds)
