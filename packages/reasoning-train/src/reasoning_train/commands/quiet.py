"""Libraries that talk too much."""

import logging
import os
import warnings

from reasoning_export.quiet import hush_closed_loops
from reasoning_train.errors import is_disk_full


def hush_libraries() -> None:
    """Keep the warnings of Tunix, Orbax and XLA off the screen; errors still come through."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TQDM_DISABLE", "1")
    logging.getLogger("absl").setLevel(logging.ERROR)
    for name in ("absl", "asyncio"):
        logging.getLogger(name).addFilter(_is_news)
    warnings.simplefilter("ignore")
    hush_closed_loops()


def _is_news(record: logging.LogRecord) -> bool:
    """Orbax logs a full disk once for every array of a save; the save itself raises it too."""
    error = record.exc_info[1] if record.exc_info else None
    return not is_disk_full(error or OSError(record.getMessage()))
