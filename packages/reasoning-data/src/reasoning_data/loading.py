"""Problems from files, folders and the hub, as lists for use in a program."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from reasoning_data.errors import DataError, RowError
from reasoning_data.manifest import file_sha256
from reasoning_data.problem import Problem
from reasoning_data.rows import MAX_ROW_BYTES, SUFFIXES, RawRow, hub_rows, read_rows
from reasoning_data.sources.convert import Provenance
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
    path = Path(location)
    if not is_local(location):
        return hub_rows(location, config, split, revision)
    if not path.is_dir():
        return read_rows(path, max_row_bytes=max_row_bytes)
    files = [path / f"{split}{suffix}" for suffix in SUFFIXES]
    found = next((file for file in files if file.is_file()), None)
    if found:
        return read_rows(found, max_row_bytes=max_row_bytes)
    return hub_rows(location, config, split, revision)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file; of a folder, of the list of its files' names and hashes."""
    if path.is_file():
        return file_sha256(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    lines = [f"{file_sha256(file)}  {file.relative_to(path).as_posix()}\n" for file in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


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

    Raises:
        DataError: Nothing can be read there, or a row is no GSM8K row; the message names the line.
    """
    name = f"gsm8k-{Path(source).name.split('.')[0] if Path(source).is_file() else split}"
    rows = raw_rows(str(source), config="main", split=split, revision=revision)
    return [_gsm8k_problem(row, name) for row in rows]


def _gsm8k_problem(row: RawRow, name: str) -> Problem:
    if row.fields is None:
        raise DataError(f"{row.origin}: {row.reason}: {row.detail}")
    try:
        return from_gsm8k(row.fields, Provenance(f"{name}:{row.line}", "gsm8k", "MIT"))
    except RowError as error:
        raise DataError(f"{row.origin}: {error}") from error
