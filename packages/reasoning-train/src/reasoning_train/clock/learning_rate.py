"""The learning rate of a stage that is bounded by the clock: a function of time, not of steps."""

import math

from reasoning_train.clock.budget import Clock

FINAL_FRACTION = 0.1


class ClockRate:
    """Linear warm-up over steps, cosine decay over the stage's share of the budget.

    Args:
        peak: The highest rate.
        warmup_steps: Steps until the peak.
        clock: The run's clock.
        begun: Seconds used by the run when the stage began, over all processes.
        deadline: Seconds used by the run when the stage must be over.
    """

    def __init__(
        self, peak: float, warmup_steps: int, clock: Clock, begun: float, deadline: float
    ) -> None:
        self._peak = peak
        self._warmup_steps = warmup_steps
        self._clock = clock
        self._begun = begun
        self._deadline = deadline
        self._rates: dict[int, float] = {}

    def __call__(self, step: int) -> float:
        """The rate of a step, counted from 1, at this moment; asked again, it is the same."""
        if step not in self._rates:
            span = max(self._deadline - self._begun, 1e-9)
            done = min(max((self._clock.elapsed - self._begun) / span, 0.0), 1.0)
            decay = FINAL_FRACTION + (1 - FINAL_FRACTION) * (1 + math.cos(math.pi * done)) / 2
            warm = min(1.0, step / self._warmup_steps) if self._warmup_steps else 1.0
            self._rates[step] = self._peak * warm * decay
        return self._rates[step]
