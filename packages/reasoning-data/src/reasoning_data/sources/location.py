"""Problems from files, folders and the hub, as lists for use in a program."""

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
    """Whether a location is a path and no hub id: it exists, or has no form of `owner/name`."""
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
    """The raw rows behind a location.

    A folder is searched for `<split>.jsonl`, `.json`, `.csv` or `.parquet`; a folder without such a
    file is read as a data set in the hub's layout. What is no path is taken for a hub id.

    Raises:
        DataError: Nothing can be read there.
    """
    path = _path(location, split)
    if path is None or path.is_dir():
        return hub_rows(location, config, split, revision)
    return read_rows(path, max_row_bytes=max_row_bytes)


def _path(location: str, split: str) -> Path | None:
    """The file behind a location, or a folder in the hub's layout; None for a hub id."""
    if not is_local(location):
        return None
    path = Path(location)
    if not path.is_dir():
        return path
    files = [path / f"{split}{suffix}" for suffix in SUFFIXES]
    return next((file for file in files if file.is_file()), path)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file; of a folder, of the list of its files' names and hashes."""
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


def gsm8k_entry(
    source: str | Path, *, split: str = "train", revision: str | None = None, rows: int
) -> SourceEntry:
    """What a manifest says of a source that `load_gsm8k` reads: whose it is, and which bytes.

    Only the published files and the hub's data set are called GSM8K; another file in its format is
    named after itself, and its licence is unknown.

    Args:
        source: As for `load_gsm8k`.
        split: As for `load_gsm8k`.
        revision: As for `load_gsm8k`.
        rows: Rows read from it.
    """
    path = _path(str(source), split)
    digest = sha256_of(path) if path is not None else ""
    published = digest in GSM8K_FILES if path else str(source) in GSM8K_HUB
    location = path.name if path else str(source)
    return SourceEntry(
        name="gsm8k" if published else location.partition(".")[0],
        kind="gsm8k",
        location=location,
        revision=revision or "",
        sha256=digest,
        license="MIT" if published else UNKNOWN,
        rows=rows,
    )


def load_gsm8k(
    source: str | Path, *, split: str = "train", revision: str | None = None
) -> list[Problem]:
    """GSM8K's problems, calculator annotations removed and the gold kept as the source states it.

    Args:
        source: A JSONL or Parquet file, a folder, or a hub id such as `openai/gsm8k`.
        split: Split to read from a folder or the hub; a file is read whole.
        revision: Commit of the hub data set; None for the newest.

    Returns:
        Problems in the source's order, with ids like `gsm8k-train:17` (17 is the source's line).
        Their source and licence are those of `gsm8k_entry`.

    Raises:
        DataError: Nothing can be read there, or a row is no GSM8K row; the message names the line.
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
