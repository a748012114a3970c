"""Stop at a good place when the machine is taken away (SIGTERM) or somebody presses Ctrl-C."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StoppedError(BaseException):
    """A signal ended the command; what was done is on disk.

    Like `KeyboardInterrupt` it passes by `except Exception`, with which libraries guard imports
    and callbacks.

    Attributes:
        signal: Its number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.signal = number


class Interruption:
    """Turns SIGTERM and SIGINT into `StoppedError`: at once, or where the work at hand can save.

    Attributes:
        requested: Number of the first signal that came, else None.
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
        self.check()

    def check(self) -> None:
        """Obey a signal whose error was lost, as those raised in a finalizer are.

        Raises:
            StoppedError: If a signal came.
        """
        if self.requested is not None:
            raise StoppedError(self.requested)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        again = self.requested is not None
        self.requested = number
        if again or not self._deferred:
            raise StoppedError(number)
        print("\nsaving after this step, then stopping; again to stop at once", file=sys.stderr)
