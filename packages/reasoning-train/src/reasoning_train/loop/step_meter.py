"""What a step costs: seconds, tokens a second, memory."""

import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import jax

from reasoning_train.loop.device_memory import device_peak

T = TypeVar("T")
GIB = 2**30


class StepMeter:
    """Times steps from the moment their batch is asked for to that of the next.

    A trainer that works ahead of its accelerator asks early: a step's seconds are then partly those
    of the step before. Over several steps they add up to the time that went by.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._asked: dict[int, float] = {}

    def watch(self, batches: Iterable[T]) -> Iterator[T]:
        """The batches; the first is that of step 1, also where a resumed stage skips it."""
        waiting = iter(batches)
        step = 1
        while True:
            self._asked[step] = self._now()
            try:
                batch = next(waiting)
            except StopIteration:
                return
            yield batch
            step += 1

    def machine(self, step: int, tokens: float) -> dict[str, float]:
        """Seconds of a step, its tokens a second, and the memory used at most until now.

        Args:
            step: From 1; its batch was asked for.
            tokens: Of the step, padding not counted.
        """
        seconds = self._asked.get(step + 1, self._now()) - self._asked.pop(step)
        return {
            "step_s": seconds,
            "tokens_per_s": tokens / seconds if seconds > 0 else 0.0,
            "peak_memory_gib": peak_memory() / GIB,
            **device_peak(),
        }


def peak_memory() -> int:
    """Bytes: of the accelerator that used most, or, on a CPU, of this process."""
    stats = [device.memory_stats() for device in jax.local_devices()]
    peaks = [found["peak_bytes_in_use"] for found in stats if found]
    if peaks:
        return int(max(peaks))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
