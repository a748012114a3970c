"""Locations of raw rows (files, folders, hub data sets), and GSM8K as a list."""

import hashlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from reasoning_data.errors import DataError, RowError
from reasoning_data.manifest import SourceEntry, file_sha256
from reasoning_data.problem import Problem
from reasoning_data.sources.convert import Provenance
from reasoning_data.sources.files.raw_row import MAX_ROW_BYTES, RawRow
from reasoning_data.sources.files.reader import SUFFIXES, hub_rows, read_rows
from reasoning_data.sources.gsm8k import from_gsm8k


def is_local(location: str) -> bool:
    """Return whether a location is a path and not a hub id.

    A path exists, or does not look like `owner/name`.
    """
    path = Path(location)
    if path.exists():
        return True
    return location.count("/") != 1 or any(suffix in SUFFIXES for suffix in path.suffixes)


def raw_rows(
    location: str,
    *,
    config: str | None = None,
    split: str = "train",
    revision: str | None = None,
    max_row_bytes: int = MAX_ROW_BYTES,
) -> Iterator[RawRow]:
    """Yield the raw rows at a location.

    In a folder, `<split>.jsonl`, `.json`, `.csv` or `.parquet` is read; a folder without such a
    file is read as a data set in the hub's layout. A location that is not a path is a hub id.

    Args:
        location: Path or hub id.
        config: Configuration of a hub data set; None for the default.
        split: Split of a folder or a hub data set.
        revision: Commit of a hub data set; None for the newest.
        max_row_bytes: Longest row, in bytes.

    Raises:
        DataError: Nothing can be read there.
    """
    path = _path(location, split)
    if path is None or path.is_dir():
        return hub_rows(location, config, split, revision)
    return read_rows(path, max_row_bytes=max_row_bytes)


def _path(location: str, split: str) -> Path | None:
    """Return the file at a location, or a folder in the hub's layout; None for a hub id."""
    if not is_local(location):
        return None
    path = Path(location)
    if not path.is_dir():
        return path
    files = [path / f"{split}{suffix}" for suffix in SUFFIXES]
    return next((file for file in files if file.is_file()), path)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, or of the list of a folder's file names and hashes."""
    if path.is_file():
        return file_sha256(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    lines = [f"{file_sha256(file)}  {file.relative_to(path).as_posix()}\n" for file in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


GSM8K_FILES = {
    "17f347dc51477c50d4efb83959dbb7c56297aba886e5544ee2aaed3024813465",
    "3730d312f6e3440559ace48831e51066acaca737f6eabec99bccb9e4b3c39d14",
}
"""SHA-256 of `train.jsonl` and `test.jsonl` as OpenAI published them (MIT)."""
GSM8K_HUB = ("openai/gsm8k", "gsm8k")
UNKNOWN = "unknown"


def is_published_gsm8k(location: str, split: str) -> bool:
    """Return whether a location holds GSM8K itself, and not other rows in its format."""
    path = _path(location, split)
    if path is None:
        return location in GSM8K_HUB
    return path.exists() and sha256_of(path) in GSM8K_FILES


def gsm8k_entry(
    source: str | Path, *, split: str = "train", revision: str | None = None, rows: int
) -> SourceEntry:
    """Return the manifest entry of a source that `load_gsm8k` reads.

    Only the published files and the hub's data set are called GSM8K. Any other file in this format
    is named after itself, and its licence is unknown.

    Args:
        source: File, folder or hub id, as for `load_gsm8k`.
        split: Split of a folder or a hub data set.
        revision: Commit of a hub data set.
        rows: Number of rows read.
    """
    path = _path(str(source), split)
    published = is_published_gsm8k(str(source), split)
    location = path.name if path else str(source)
    return SourceEntry(
        name="gsm8k" if published else location.partition(".")[0],
        kind="gsm8k",
        location=location,
        revision=revision or "",
        sha256=sha256_of(path) if path is not None else "",
        license="MIT" if published else UNKNOWN,
        rows=rows,
    )


def load_gsm8k(
    source: str | Path, *, split: str = "train", revision: str | None = None
) -> list[Problem]:
    """Load GSM8K's problems, with calculator annotations removed and golds unchanged.

    Args:
        source: A JSONL or Parquet file, a folder, or a hub id such as `openai/gsm8k`.
        split: Split to read from a folder or the hub; ignored for a file.
        revision: Commit of the hub data set; None for the newest.

    Returns:
        Problems in the order of the source, with ids such as `gsm8k-train:17` (line 17). Their
        source and licence are those of `gsm8k_entry`.

    Raises:
        DataError: Nothing can be read there, or a row is not in GSM8K's format; the message names
            the line.
    """
    name = f"gsm8k-{Path(source).name.split('.')[0] if Path(source).is_file() else split}"
    rows = raw_rows(str(source), config="main", split=split, revision=revision)
    first = next(rows, None)  # so that what cannot be read is said by the reader, not by a digest
    if first is None:
        return []
    entry = gsm8k_entry(source, split=split, revision=revision, rows=0)
    return [_gsm8k_problem(row, name, entry) for row in chain([first], rows)]


def _gsm8k_problem(row: RawRow, name: str, entry: SourceEntry) -> Problem:
    if row.fields is None:
        raise DataError(f"{row.origin}: {row.reason}: {row.detail}")
    try:
        return from_gsm8k(row.fields, Provenance(f"{name}:{row.line}", entry.name, entry.license))
    except RowError as error:
        raise DataError(f"{row.origin}: {error}") from error
