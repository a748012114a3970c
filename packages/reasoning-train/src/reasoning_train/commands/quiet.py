"""Libraries that talk too much."""

import logging
import os
import warnings

from reasoning_export.quiet import hush_closed_loops


def hush_libraries() -> None:
    """Keep the warnings of Tunix, Orbax and XLA off the screen; errors still come through."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TQDM_DISABLE", "1")
    logging.getLogger("absl").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    hush_closed_loops()
