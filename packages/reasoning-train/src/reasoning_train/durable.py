"""Files that outlive a kill and a power loss: synced beside their place, then moved there.

A reader sees the old content or the new one, never half of either. `fsync` of the file comes before
the rename and `fsync` of the folder after it: without the first a power loss can leave an empty
file under the new name, without the second the old one.
"""

import errno
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from reasoning_train.errors import UserError

_log = logging.getLogger(__name__)

T = TypeVar("T")

UNSYNCED_FOLDERS = {errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EISDIR}
"""What file systems say that cannot sync a folder; there is nothing more to be done there."""


@contextmanager
def written(path: Path, *, keep: bool = False) -> Iterator[Path]:
    """Give a path beside `path` to write to, which takes its place if the block ends well.

    Args:
        path: Its folder is made if it is missing.
        keep: Keep what was there as `copy_of(path)`, for `read_json` to fall back on.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.tmp")
    yield beside
    sync(beside)
    if keep and path.is_file():
        _keep(path)
    beside.replace(path)
    sync(path.parent)


def write_text(path: Path, text: str, *, keep: bool = False) -> None:
    """Replace a text file, in UTF-8."""
    with written(path, keep=keep) as beside:
        beside.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any, *, keep: bool = False) -> None:
    """Replace a JSON file."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n", keep=keep)


def append(path: Path, data: bytes) -> None:
    """Add to a file in one write; a kill leaves a whole line or the beginning of one."""
    with path.open("ab", buffering=0) as file:
        file.write(data)
        os.fsync(file.fileno())


def read_json(path: Path, parse: Callable[[Any], T]) -> T | None:
    """What a JSON file holds; None if it is missing.

    Where it is damaged, what `write_json` kept of it counts, with a warning.

    Args:
        path: The file.
        parse: Makes the value of the file's content; `ValueError`, `TypeError`, `KeyError` and
            `AttributeError` say that it is none.

    Raises:
        UserError: It is damaged, and so is its copy, or there is none.
    """
    if not path.is_file():
        return None
    value, fault = _parsed(path, parse)
    if not fault:
        return value
    if copy_of(path).is_file():
        value, also = _parsed(copy_of(path), parse)
        if not also:
            _log.warning("%r is damaged (%s): resuming from the copy before it", str(path), fault)
            return value
    raise UserError(
        f"{str(path)!r} is damaged ({fault}) and there is no good copy of it: delete it, and what "
        "it stood for is made again"
    )


def copy_of(path: Path) -> Path:
    """Where `write_json` keeps what a file held before."""
    return path.with_name(f".{path.name}.before")


def move(source: Path, target: Path) -> None:
    """Rename a file or folder, so that the new name outlives a power loss."""
    source.rename(target)
    sync(target.parent)
    if source.parent != target.parent:
        sync(source.parent)


def sync_tree(folder: Path) -> None:
    """Sync a folder and everything below it."""
    for below, _, names in os.walk(folder, topdown=False):
        for name in names:
            sync(Path(below) / name)
        sync(Path(below))


def sync(path: Path) -> None:
    """Have the system write a file or a folder's entries to the disk now."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if not path.is_dir() or error.errno not in UNSYNCED_FOLDERS:
            raise
    finally:
        os.close(descriptor)


def _keep(path: Path) -> None:
    beside = path.with_name(f".{path.name}.before.tmp")
    beside.unlink(missing_ok=True)
    try:
        os.link(path, beside)
    except OSError:  # a file system without hard links
        shutil.copyfile(path, beside)
        sync(beside)
    beside.replace(copy_of(path))


def _parsed(path: Path, parse: Callable[[Any], T]) -> tuple[T | None, str]:
    """The value, and what is wrong with the file; empty if nothing is."""
    try:
        return parse(json.loads(path.read_bytes())), ""
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        if path.stat().st_size == 0:
            return None, "it is empty"
        return None, f"{type(error).__name__}: {error}"
