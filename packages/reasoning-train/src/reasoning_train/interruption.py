"""Stop at a good place when the machine is taken away (SIGTERM) or somebody presses Ctrl-C."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StoppedError(Exception):
    """A signal ended the run; what was done is on disk.

    Attributes:
        signal: Its number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.signal = number


class Interruption:
    """Turns SIGTERM and SIGINT into `StoppedError`: at once, or where the work at hand can save.

    Attributes:
        requested: Number of the signal that came while one was put off, else None.
    """

    def __init__(self) -> None:
        self.requested: int | None = None
        self._deferred = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the two signals over for the time of the block (main thread only)."""
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = [signal.signal(number, self._on_signal) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Within the block a first signal only sets `requested`; the end of the block obeys it.

        Raises:
            StoppedError: At the end of the block if a signal came, at once for a second one.
        """
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False
        if self.requested is not None:
            raise StoppedError(self.requested)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if not self._deferred or self.requested is not None:
            raise StoppedError(number)
        self.requested = number
        print("\nsaving after this step, then stopping; again to stop at once", file=sys.stderr)
