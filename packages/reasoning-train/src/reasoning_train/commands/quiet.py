"""Libraries that talk too much."""

import logging
import os
import sys
import warnings
from types import TracebackType
from typing import Protocol

from reasoning_train.errors import is_disk_full

CLOSED = "Event loop is closed"


class _Unraisable(Protocol):
    """What Python hands to `sys.unraisablehook`."""

    @property
    def exc_value(self) -> BaseException | None: ...

    @property
    def exc_traceback(self) -> TracebackType | None: ...


def hush_libraries() -> None:
    """Keep the warnings of Tunix, Orbax and XLA off the screen; errors still come through."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TQDM_DISABLE", "1")
    logging.getLogger("absl").setLevel(logging.ERROR)
    for name in ("absl", "asyncio"):
        logging.getLogger(name).addFilter(_is_news)
    warnings.simplefilter("ignore")
    hush_closed_loops()


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


def _is_news(record: logging.LogRecord) -> bool:
    """Orbax logs a full disk once for every array of a save; the save itself raises it too."""
    error = record.exc_info[1] if record.exc_info else None
    return not is_disk_full(error or OSError(record.getMessage()))
