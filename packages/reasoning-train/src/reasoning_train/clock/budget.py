"""Share a wall-clock budget out over the stages, and know when the next step would not fit."""

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
"""Where each stage ends, as a share: 0:30, 2:30 and 4:30 of 9 hours, the rest for evaluation and
export."""
SAMPLING_ENDS = {
    "setup": 0.5 / 9,
    "sft": 1.0 / 9,
    "sampling": 2.5 / 9,
    "own-traces": 3.5 / 9,
    "grpo": 7.5 / 9,
}
"""The same where the policy is sampled before GRPO: SFT is then a warm-up of 30 minutes."""
EVALUATION_END = 8.5 / 9
"""Where the last evaluation ends: the export, which cannot be cut short, has half an hour of 9."""

MARGIN = 1.5
"""A step is begun only if this many times the longest step so far still fits."""


def stage_ends(*, sampling: bool) -> Mapping[str, float]:
    """Where each stage of a run ends that does, or does not, sample its policy before GRPO."""
    return SAMPLING_ENDS if sampling else STAGE_ENDS


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
        longest: The longest step of a training stage (`sft`, `grpo`), the longest `validation` and
            the longest `evaluation` so far, over all processes; seconds, without compiling.
        ends: Where each stage ends, as a share of the budget.
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
        """Seconds used so far."""
        return self.used_before + self.now() - self._started

    def deadline(self, stage: str) -> float:
        """Seconds of `elapsed` at which a stage must be over; infinite without a budget.

        GRPO ends earlier than its share says where the evaluations so far took so long that the
        last one would not fit behind it.
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
        """Time a part of a run; within a training step it does not count as the step's time."""
        begun, compiled = self.now(), self.compiled()
        yield
        seconds = self.now() - begun - (self.compiled() - compiled)
        self._aside += seconds
        self.longest[part] = max(self.longest.get(part, 0.0), seconds)

    def fits(self, seconds: float, stage: str) -> bool:
        """Whether something that is expected to take so long would end before the deadline."""
        return self.elapsed + MARGIN * seconds <= self.deadline(stage)

    def until_deadline(self, items: Iterable[T], stage: str, start: int = 0) -> Iterator[T]:
        """Yield items until the next one would overrun the stage's deadline.

        The time between two items is the time of a step, with the saving that fell into it and
        without the compiling and what was `timed` apart. GRPO keeps room for one more validation.
        The first is always given, so that every stage does something. It is also traced: once there
        are others, it does not count as the longest.

        Args:
            items: One a step, from the stage's first.
            stage: `sft`, `sampling`, `own-traces` or `grpo`.
            start: Steps that an earlier process made: their items are only passed on.
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
