"""Logging: what the user should know on the screen, everything in the run's `run.log`."""

import logging
import os
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reasoning_train.errors import is_disk_full

OWN = "reasoning_"
"""Beginning of the loggers and modules of the four packages."""
CLOSED = "Event loop is closed"


def log_to_screen() -> None:
    """Show warnings of the four packages and errors of libraries, one line each.

    Python's own warnings are logged as well. Call this before importing Tunix, which else adds a
    handler of its own that shows everything.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TQDM_DISABLE", "1")
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler, _Screen):
            root.removeHandler(handler)
    root.addHandler(_Screen())
    warnings.showwarning = _log_warning
    hush_closed_loops()


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Append notices, warnings of libraries, and the traceback of an error to a file.

    Args:
        path: The file, such as `run.log`; a run that is resumed continues it.
    """
    handler = _File(path, encoding="utf-8")
    own, root = logging.getLogger("reasoning_train"), logging.getLogger()
    before = own.level
    own.setLevel(logging.INFO)
    root.addHandler(handler)
    try:
        yield
    except BaseException:
        error = own.makeRecord(own.name, logging.ERROR, __file__, 0, "ended", (), sys.exc_info())
        handler.handle(error)  # the file alone: the command shows it in one line
        raise
    finally:
        root.removeHandler(handler)
        own.setLevel(before)
        handler.close()


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


class _Screen(logging.Handler):
    """Standard error, in the form of the command's other lines."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.addFilter(_concerns_the_user)

    def emit(self, record: logging.LogRecord) -> None:
        print(f"reasoning-train: {self.format(record)}", file=sys.stderr)


class _File(logging.FileHandler):
    """A log with UTC times; a full disk ends the run elsewhere, in one line."""

    def __init__(self, path: Path, encoding: str) -> None:
        super().__init__(path, encoding=encoding)
        formatter = logging.Formatter(
            "%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ"
        )
        formatter.converter = time.gmtime
        self.setFormatter(formatter)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        pass


def _log_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: object = None,
    line: str | None = None,
) -> None:
    """Log a Python warning: under its package if it is one of ours, else as a library's."""
    package = next((part for part in Path(filename).parts if part.startswith(OWN)), "py.warnings")
    where = "" if package.startswith(OWN) else f"{filename}:{lineno}: {category.__name__}: "
    logging.getLogger(package).warning("%s%s", where, message)


def _concerns_the_user(record: logging.LogRecord) -> bool:
    """Whether it is one of ours, or an error of a library that the command does not report itself.

    Orbax logs a full disk once for every array of a save; the save itself raises it too.
    """
    if record.name.startswith(OWN):
        return True
    error = record.exc_info[1] if record.exc_info else None
    return record.levelno >= logging.ERROR and not is_disk_full(
        error or OSError(record.getMessage())
    )
