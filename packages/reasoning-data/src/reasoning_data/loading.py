"""Problems from files, folders and the hub, as lists for use in a program."""

from collections.abc import Iterator
from pathlib import Path

from reasoning_data.errors import DataError, RowError
from reasoning_data.problem import Problem
from reasoning_data.rows import SUFFIXES, RawRow, hub_rows, read_rows
from reasoning_data.sources.convert import Converter, Provenance
from reasoning_data.sources.gsm8k import from_gsm8k


def raw_rows(
    location: str, *, config: str | None = None, split: str = "train", revision: str | None = None
) -> Iterator[RawRow]:
    """The raw rows behind a location.

    A folder is searched for `<split>.jsonl`, `.json`, `.csv` or `.parquet`; a folder without such a
    file is read as a data set in the hub's layout. What is no path is taken for a hub id.

    Raises:
        DataError: Nothing can be read there.
    """
    path = Path(location)
    if path.is_dir():
        files = [path / f"{split}{suffix}" for suffix in SUFFIXES]
        found = next((file for file in files if file.is_file()), None)
        if found:
            return read_rows(found)
        return hub_rows(location, config, split, revision)
    if path.is_file() or path.suffix or location.count("/") != 1:
        return read_rows(path)
    return hub_rows(location, config, split, revision)


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
    return [_convert(row, from_gsm8k, name, "MIT") for row in rows]


def _convert(row: RawRow, converter: Converter, name: str, license: str) -> Problem:
    if row.fields is None:
        raise DataError(f"{row.origin}: {row.reason}: {row.detail}")
    try:
        return converter(row.fields, Provenance(f"{name}:{row.line}", "gsm8k", license))
    except RowError as error:
        raise DataError(f"{row.origin}: {error}") from error
