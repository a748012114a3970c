"""Logging: messages for the user on the screen, all messages in the run's `run.log`."""

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
"""Prefix of the four packages' loggers and modules."""
CLOSED = "Event loop is closed"


def log_to_screen() -> None:
    """Show warnings of the four packages and errors of libraries, one line each.

    Python's own warnings are logged as well. Call this before importing Tunix, which otherwise adds
    its own handler that shows everything.
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
    """Append all messages, libraries' warnings, and an error's traceback to a file.

    Args:
        path: Path of the file, such as `run.log`; a resumed run appends to it.
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
        handler.handle(error)  # only to the file, since the command prints the error in one line
        raise
    finally:
        root.removeHandler(handler)
        own.setLevel(before)
        handler.close()


def hush_closed_loops() -> None:
    """Suppress the tracebacks that TensorStore prints after a failed read, and no others.

    Orbax closes its event loop at the first array that cannot be read. Threads that are still
    reading the other arrays then fail to notify the loop, each with a useless traceback.
    """
    shown = sys.unraisablehook

    def hook(unraisable: "sys.UnraisableHookArgs") -> None:
        error = unraisable.exc_value
        if not (isinstance(error, RuntimeError) and str(error) == CLOSED):
            shown(unraisable)

    sys.unraisablehook = hook


class _Screen(logging.Handler):
    """Handler that prints to standard error in the form of the command's other lines."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.addFilter(_concerns_the_user)

    def emit(self, record: logging.LogRecord) -> None:
        print(f"reasoning-train: {self.format(record)}", file=sys.stderr)


class _File(logging.FileHandler):
    """Handler that writes a file with UTC times; errors of writing it are ignored.

    A full disk ends the run elsewhere, in one line.
    """

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
    """Log a Python warning under its package if that is one of the four, else as a library's."""
    package = next((part for part in Path(filename).parts if part.startswith(OWN)), "py.warnings")
    where = "" if package.startswith(OWN) else f"{filename}:{lineno}: {category.__name__}: "
    logging.getLogger(package).warning("%s%s", where, message)


def _concerns_the_user(record: logging.LogRecord) -> bool:
    """Return whether a message is from one of the four packages, or a library's error.

    Full disks are left out, because the command reports them itself. Orbax logs the error once for
    every array of a save.
    """
    if record.name.startswith(OWN):
        return True
    error = record.exc_info[1] if record.exc_info else None
    return record.levelno >= logging.ERROR and not is_disk_full(
        error or OSError(record.getMessage())
    )
