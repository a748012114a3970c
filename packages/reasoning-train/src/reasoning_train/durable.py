"""Atomic, durable file writes: write and sync a temporary file, then rename it.

A reader sees either the old content or the new, never a part. The file is synced before the rename,
or a power loss could leave an empty file under the new name. The folder is synced after it, or a
power loss could undo the rename.
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
"""Errors of file systems that cannot sync a folder, which are ignored."""


@contextmanager
def written(path: Path, *, keep: bool = False) -> Iterator[Path]:
    """Yield a temporary path to write to, which replaces `path` if the block does not raise.

    Args:
        path: File to replace; its folder is created if missing.
        keep: Whether to keep the old content as `copy_of(path)`, which `read_json` falls back on.
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
    """Replace a text file, encoded as UTF-8.

    Args:
        path: File to replace; its folder is created if missing.
        text: New content.
        keep: Whether to keep the old content as `copy_of(path)`.
    """
    with written(path, keep=keep) as beside:
        beside.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any, *, keep: bool = False) -> None:
    """Replace a JSON file.

    Args:
        path: File to replace; its folder is created if missing.
        value: New content, which `json` can encode.
        keep: Whether to keep the old content as `copy_of(path)`.
    """
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n", keep=keep)


def append(path: Path, data: bytes) -> None:
    """Append to a file in one write, so that a kill leaves at most one incomplete line."""
    with path.open("ab", buffering=0) as file:
        file.write(data)
        os.fsync(file.fileno())


def read_json(path: Path, parse: Callable[[Any], T]) -> T | None:
    """Read and parse a JSON file.

    If the file is damaged, the copy that `write_json` kept is read instead, with a warning.

    Args:
        path: File to read.
        parse: Converts the decoded JSON; it rejects invalid content by raising `ValueError`,
            `TypeError`, `KeyError` or `AttributeError`.

    Returns:
        The parsed value; None if the file does not exist.

    Raises:
        UserError: The file is damaged, and its copy is missing or damaged too.
    """
    if not path.is_file():
        return None
    value, fault = _parsed(path, parse)
    if not fault:
        return value
    if copy_of(path).is_file():
        value, also = _parsed(copy_of(path), parse)
        if not also:
            _log.warning(
                "%r is damaged (%s); using the copy of its previous content", str(path), fault
            )
            return value
    raise UserError(
        f"{str(path)!r} is damaged ({fault}) and there is no good copy of it; delete it, and the "
        "work that it recorded will be redone"
    )


def copy_of(path: Path) -> Path:
    """Return the path at which `write_json` keeps a file's previous content."""
    return path.with_name(f".{path.name}.before")


def move(source: Path, target: Path) -> None:
    """Rename a file or folder durably, so that a power loss cannot undo it."""
    source.rename(target)
    sync(target.parent)
    if source.parent != target.parent:
        sync(source.parent)


def sync_tree(folder: Path) -> None:
    """Sync a folder and everything in it to disk."""
    for below, _, names in os.walk(folder, topdown=False):
        for name in names:
            sync(Path(below) / name)
        sync(Path(below))


def sync(path: Path) -> None:
    """Sync a file, or the entries of a folder, to disk."""
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
    """Return the parsed value and the fault of the file, which is empty if there is none."""
    try:
        return parse(json.loads(path.read_bytes())), ""
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        if path.stat().st_size == 0:
            return None, "it is empty"
        return None, f"{type(error).__name__}: {error}"
