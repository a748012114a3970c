"""Readers of raw rows that record line numbers and survive bad rows.

The readers of `datasets` stop at the first broken line and report no line numbers, but a build must
list every bad row with file and line. JSONL, JSON and CSV are therefore read here, line by line and
in bounded memory. Parquet is read by pyarrow; hub data sets and folders in the hub's layout are
streamed by `datasets`.
"""

import csv
import gzip
import sys
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO

from reasoning_data.errors import DataError, Reason
from reasoning_data.sources.files.compression import open_plain, whole
from reasoning_data.sources.files.json_rows import json_lines, json_rows
from reasoning_data.sources.files.raw_row import MAX_ROW_BYTES, TEXT_KEPT, RawRow

SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".parquet")


def read_rows(path: Path, *, max_row_bytes: int = MAX_ROW_BYTES) -> Iterator[RawRow]:
    """Yield the rows of a local JSONL, JSON, CSV or Parquet file, gzip-compressed or not.

    JSON may be one object per line, an array, or objects that span several lines.

    Raises:
        DataError: The file is missing or of unknown format; or, while reading, it turns out to be
            cut off or damaged.
    """
    if not path.is_file():
        raise DataError(f"no such file: {str(path)!r}")
    suffixes = [suffix for suffix in path.suffixes if suffix != ".gz"]
    suffix = suffixes[-1].lower() if suffixes else ""
    if suffix not in SUFFIXES:
        raise DataError(
            f"cannot tell the format of {path.name!r}; use one of {', '.join(SUFFIXES)}"
        )
    return whole(path, _rows(path, suffix, max_row_bytes))


def _rows(path: Path, suffix: str, max_row_bytes: int) -> Iterator[RawRow]:
    # A generator, so that what is wrong with a compressed file shows where `whole` looks for it.
    if suffix == ".parquet":
        yield from _parquet_rows(path)
    elif suffix == ".csv":
        yield from _csv_rows(path, max_row_bytes)
    else:
        yield from json_rows(path, max_row_bytes)


def read_stdin(*, max_row_bytes: int = MAX_ROW_BYTES) -> Iterator[RawRow]:
    """Yield JSONL rows from standard input."""
    return json_lines(sys.stdin.buffer, "stdin", max_row_bytes)


def hub_rows(
    location: str, config: str | None, split: str, revision: str | None
) -> Iterator[RawRow]:
    """Stream the rows of one split of a hub data set, or of a folder in the hub's layout.

    Args:
        location: A hub id (`openai/gsm8k`) or a folder.
        config: Name of the configuration (`main`); None for the default.
        split: Name of the split.
        revision: Commit to read; None for the newest.

    Raises:
        DataError: The data set, configuration or split does not exist or cannot be reached.
    """
    import datasets

    try:
        rows = datasets.load_dataset(
            location, config, split=split, revision=revision, streaming=True
        )
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DataError(f"cannot load split {split!r} of {location!r}: {reason}") from error
    name = Path(location).name if Path(location).is_dir() else location
    file = f"{name}/{split}"
    for number, fields in enumerate(rows, start=1):
        yield RawRow(file, number, fields)


def _csv_rows(path: Path, max_row_bytes: int) -> Iterator[RawRow]:
    csv.field_size_limit(max_row_bytes)
    # Bytes that are not UTF-8 become lone surrogates, so that they spoil their own row only.
    with (
        open_plain(path) as raw,
        TextIOWrapper(raw, "utf-8-sig", errors="surrogateescape", newline="") as file,
    ):
        reader = csv.DictReader(file)
        line = 1
        while True:
            line = reader.line_num + 1 if reader.line_num else 2
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield RawRow(path.name, line, None, Reason.BROKEN_ROW, str(error))
                continue
            yield _csv_row(path.name, line, fields)


def _csv_row(name: str, line: int, fields: dict[str | None, Any]) -> RawRow:
    if None in fields or None in fields.values():
        detail = f"the row has another number of columns than the header: {list(fields.values())!r}"
        return RawRow(name, line, None, Reason.BROKEN_ROW, detail[:TEXT_KEPT])
    for key, value in fields.items():
        if any("\udc80" <= char <= "\udcff" for char in value):
            raw = value.encode("utf-8", "surrogateescape")[:TEXT_KEPT]
            return RawRow(name, line, None, Reason.WRONG_ENCODING, f"field {key!r}: {raw!r}")
    return RawRow(name, line, {str(key): value for key, value in fields.items()})


def _seekable(file: BinaryIO) -> BinaryIO:
    """Return a seekable file; a compressed one is unpacked into memory."""
    return BytesIO(file.read()) if isinstance(file, gzip.GzipFile) else file


def _parquet_rows(path: Path) -> Iterator[RawRow]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with open_plain(path) as raw, pq.ParquetFile(_seekable(raw)) as file:
            number = 0
            for batch in file.iter_batches(batch_size=1000):
                for fields in batch.to_pylist():
                    number += 1
                    yield RawRow(path.name, number, fields)
    except pa.ArrowInvalid as error:
        raise DataError(f"{path.name} is not a Parquet file: {error}") from error
