"""What libraries print beside an error that is said in a line already."""

import sys
from types import TracebackType
from typing import Protocol

CLOSED = "Event loop is closed"


class _Unraisable(Protocol):
    """What Python hands to `sys.unraisablehook`."""

    @property
    def exc_value(self) -> BaseException | None: ...

    @property
    def exc_traceback(self) -> TracebackType | None: ...


def hush_closed_loops() -> None:
    """Leave out what TensorStore prints when a read fails; everything else is shown as before.

    Orbax closes its event loop at the first array that cannot be read. The others, which are still
    being read by other threads, then fail to tell the loop, each with a traceback that nobody can
    act on.
    """
    shown = sys.unraisablehook

    def hook(unraisable: _Unraisable) -> None:
        error = unraisable.exc_value
        if not (isinstance(error, RuntimeError) and str(error) == CLOSED):
            shown(unraisable)  # type: ignore[arg-type]

    sys.unraisablehook = hook
