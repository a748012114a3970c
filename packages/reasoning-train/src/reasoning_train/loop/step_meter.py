"""Cost of a training step: seconds, tokens per second, memory."""

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
    """Timer of steps, each from the request for its batch to the request for the next.

    A trainer that dispatches ahead of its accelerator requests batches early, so a step's seconds
    are partly those of the step before. Over several steps they add up to the time that passed.

    Args:
        now: Clock, in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._asked: dict[int, float] = {}

    def watch(self, batches: Iterable[T]) -> Iterator[T]:
        """Yield the batches unchanged; the first belongs to step 1 even in a resumed stage."""
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
        """Return the seconds of a step, its tokens per second, and the peak memory so far.

        Args:
            step: Number of a step whose batch has been requested, from 1.
            tokens: Number of tokens in the step, without padding.
        """
        seconds = self._asked.get(step + 1, self._now()) - self._asked.pop(step)
        return {
            "step_s": seconds,
            "tokens_per_s": tokens / seconds if seconds > 0 else 0.0,
            "peak_memory_gib": peak_memory() / GIB,
            **device_peak(),
        }


def peak_memory() -> int:
    """Return the peak memory in bytes of the fullest accelerator, or of this process on a CPU."""
    stats = [device.memory_stats() for device in jax.local_devices()]
    peaks = [found["peak_bytes_in_use"] for found in stats if found]
    if peaks:
        return int(max(peaks))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
