"""Learning rate of a stage that is bounded by the clock, as a function of time, not of steps."""

import math

from reasoning_train.clock.budget import Clock

FINAL_FRACTION = 0.1


class ClockRate:
    """Schedule with linear warm-up over steps and cosine decay over the stage's time.

    Args:
        peak: Highest learning rate.
        warmup_steps: Number of steps until the peak.
        clock: Clock of the run.
        begun: Seconds used by the run, over all processes, when the stage began.
        deadline: Seconds used by the run, over all processes, when the stage must end.
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
        """Return the rate of a step, from 1; it is fixed at the first call for that step."""
        if step not in self._rates:
            span = max(self._deadline - self._begun, 1e-9)
            done = min(max((self._clock.elapsed - self._begun) / span, 0.0), 1.0)
            decay = FINAL_FRACTION + (1 - FINAL_FRACTION) * (1 + math.cos(math.pi * done)) / 2
            warm = min(1.0, step / self._warmup_steps) if self._warmup_steps else 1.0
            self._rates[step] = self._peak * warm * decay
        return self._rates[step]
