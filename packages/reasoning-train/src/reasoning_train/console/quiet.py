"""Libraries that talk too much."""

import logging
import os
import sys
import warnings

from reasoning_train.errors import Notice, is_disk_full

CLOSED = "Event loop is closed"


def hush_libraries() -> None:
    """Keep the warnings of Tunix, Orbax and XLA off the screen; errors and notices come through."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TQDM_DISABLE", "1")
    logging.getLogger("absl").setLevel(logging.ERROR)
    for name in ("absl", "asyncio"):
        logging.getLogger(name).addFilter(_is_news)
    warnings.simplefilter("ignore")
    warnings.filterwarnings("always", category=Notice)
    warnings.formatwarning = _one_line
    hush_closed_loops()


def hush_closed_loops() -> None:
    """Leave out what TensorStore prints when a read fails; everything else is shown as before.

    Orbax closes its event loop at the first array that cannot be read. The others, which are still
    being read by other threads, then fail to tell the loop, each with a traceback that nobody can
    act on.
    """
    shown = sys.unraisablehook

    def hook(unraisable: "sys.UnraisableHookArgs") -> None:
        error = unraisable.exc_value
        if not (isinstance(error, RuntimeError) and str(error) == CLOSED):
            shown(unraisable)

    sys.unraisablehook = hook


def _one_line(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    line: str | None = None,
) -> str:
    """A notice as the command's other lines are; where in the code it came up is no news."""
    return f"reasoning-train: {message}\n"


def _is_news(record: logging.LogRecord) -> bool:
    """Orbax logs a full disk once for every array of a save; the save itself raises it too."""
    error = record.exc_info[1] if record.exc_info else None
    return not is_disk_full(error or OSError(record.getMessage()))
