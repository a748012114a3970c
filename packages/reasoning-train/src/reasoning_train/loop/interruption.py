"""Clean stops on SIGTERM (the machine is being taken away) and on Ctrl-C."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

RETRY_S = 0.1
"""Seconds after which a signal whose error was discarded is sent again."""


class StoppedError(BaseException):
    """Stop by a signal, after finished work has been saved.

    Like `KeyboardInterrupt`, it is not an `Exception`, because libraries wrap imports and callbacks
    in `except Exception`.

    Attributes:
        signal: Number of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.signal = number


class Interruption:
    """Handler that turns SIGTERM and SIGINT into `StoppedError`.

    The error is raised at once, or, inside `deferred`, once the work has been saved.

    Attributes:
        requested: Number of the latest signal; None if none has arrived.
    """

    def __init__(self) -> None:
        self.requested: int | None = None
        self._deferred = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Handle both signals during the block (main thread only).

        An error that Python discards, because a finalizer or a callback of the garbage collector
        was running, is raised again a moment later.
        """
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = [signal.signal(number, self._on_signal) for number in numbers]
        discarded = sys.unraisablehook

        def hook(unraisable: "sys.UnraisableHookArgs") -> None:
            error = unraisable.exc_value
            if isinstance(error, StoppedError):
                threading.Timer(RETRY_S, os.kill, (os.getpid(), error.signal)).start()
            else:
                discarded(unraisable)

        sys.unraisablehook = hook
        try:
            yield
        finally:
            sys.unraisablehook = discarded
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Defer a signal to the end of the block; within it, a signal only sets `requested`.

        Raises:
            StoppedError: A signal arrived during the block. It is raised at the end of the block,
                or at once for a second signal.
        """
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False
        self.check()

    def check(self) -> None:
        """Raise the error of a signal again in case it was lost, as errors in finalizers are.

        Raises:
            StoppedError: A signal has arrived.
        """
        if self.requested is not None:
            raise StoppedError(self.requested)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        again = self.requested is not None
        self.requested = number
        if again or not self._deferred:
            raise StoppedError(number)
        print(
            "\nsaving after this step, then stopping; interrupt again to stop at once",
            file=sys.stderr,
        )
