"""Raw rows of a file, each with its line, read so that one bad row does not stop the rest.

The readers of `datasets` stop at the first broken line and do not tell line numbers, and a build
must list every bad row with file and line; so local JSONL, JSON and CSV are read here, line by line
and in bounded memory. Parquet goes through pyarrow, folders in the hub's layout and the hub itself
through `datasets`, both streaming.
"""

import csv
import gzip
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from reasoning_data.errors import DataError, Reason

Row = Mapping[str, Any]

MAX_ROW_BYTES = 1 << 20
TEXT_KEPT = 200
SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".parquet")


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as the source holds it: its fields, or the reason why it has none.

    Attributes:
        file: Name of the file (no folder), or of the hub data set.
        line: First line of the row counted from 1; the row's number where a format has no lines.
        fields: The row's fields; None where the row could not be read.
        reason: Why it could not be read.
        detail: What was found instead.
    """

    file: str
    line: int
    fields: Row | None
    reason: Reason | None = None
    detail: str = ""

    @property
    def origin(self) -> str:
        """`file:line`, as in a compiler's message."""
        return f"{self.file}:{self.line}"


def read_rows(path: Path, *, max_row_bytes: int = MAX_ROW_BYTES) -> Iterator[RawRow]:
    """The rows of a local JSONL, JSON (array or lines), CSV or Parquet file, `.gz` allowed.

    Raises:
        DataError: The file is missing or of no known kind, or cannot be read as a whole.
    """
    if not path.is_file():
        raise DataError(f"no such file: {str(path)!r}")
    suffixes = [suffix for suffix in path.suffixes if suffix != ".gz"]
    suffix = suffixes[-1].lower() if suffixes else ""
    if suffix == ".parquet":
        return _parquet_rows(path)
    if suffix == ".csv":
        return _csv_rows(path, max_row_bytes)
    if suffix == ".json" and _starts_with_bracket(path):
        return _array_rows(path)
    if suffix in SUFFIXES:
        return _file_lines(path, max_row_bytes)
    raise DataError(f"cannot tell the format of {path.name!r}; known are {', '.join(SUFFIXES)}")


def read_stdin(*, max_row_bytes: int = MAX_ROW_BYTES) -> Iterator[RawRow]:
    """JSONL rows from standard input."""
    return _json_lines(sys.stdin.buffer, "stdin", max_row_bytes)


def hub_rows(
    location: str, config: str | None, split: str, revision: str | None
) -> Iterator[RawRow]:
    """The rows of one split of a hub data set, or of a folder in the hub's layout, streamed.

    Args:
        location: A hub id (`openai/gsm8k`) or a folder.
        config: Name of the configuration (`main`); None for the default one.
        split: Name of the split.
        revision: Commit to read; None for the newest.

    Raises:
        DataError: The data set, the configuration or the split does not exist or is unreachable.
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


def _open(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def _starts_with_bracket(path: Path) -> bool:
    with _open(path) as file:
        return file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"["


def _file_lines(path: Path, max_row_bytes: int) -> Iterator[RawRow]:
    with _open(path) as file:
        yield from _json_lines(file, path.name, max_row_bytes)


def _json_lines(file: BinaryIO, name: str, max_row_bytes: int) -> Iterator[RawRow]:
    number = 0
    while line := file.readline(max_row_bytes + 1):
        number += 1
        if len(line) > max_row_bytes:
            size = len(line)
            while not line.endswith(b"\n") and (line := file.readline(max_row_bytes)):
                size += len(line)
            detail = f"{size} bytes, the limit is {max_row_bytes}"
            yield RawRow(name, number, None, Reason.ROW_TOO_LONG, detail)
        elif line.strip():
            yield _json_row(line, name, number)


def _json_row(line: bytes, name: str, number: int) -> RawRow:
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        detail = f"not UTF-8 at byte {error.start}: {line[:TEXT_KEPT]!r}"
        return RawRow(name, number, None, Reason.WRONG_ENCODING, detail)
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        detail = f"{error}: {text[:TEXT_KEPT]!r}"
        return RawRow(name, number, None, Reason.BROKEN_ROW, detail)
    if not isinstance(fields, dict):
        detail = f"not an object: {text.strip()[:TEXT_KEPT]!r}"
        return RawRow(name, number, None, Reason.BROKEN_ROW, detail)
    return RawRow(name, number, fields)


def _array_rows(path: Path) -> Iterator[RawRow]:
    with _open(path) as file:
        try:
            rows = json.loads(file.read().decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise DataError(f"{path.name} is no JSON array: {error}") from error
    for number, fields in enumerate(rows, start=1):
        if isinstance(fields, dict):
            yield RawRow(path.name, number, fields)
        else:
            detail = f"not an object: {fields!r}"[:TEXT_KEPT]
            yield RawRow(path.name, number, None, Reason.BROKEN_ROW, detail)


def _csv_rows(path: Path, max_row_bytes: int) -> Iterator[RawRow]:
    csv.field_size_limit(max_row_bytes)
    opener = gzip.open if path.suffix == ".gz" else open
    # Bytes that are not UTF-8 become lone surrogates, so that they spoil their own row only.
    with opener(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
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
        detail = f"the number of columns is not the header's: {list(fields.values())!r}"
        return RawRow(name, line, None, Reason.BROKEN_ROW, detail[:TEXT_KEPT])
    for key, value in fields.items():
        if any("\udc80" <= char <= "\udcff" for char in value):
            raw = value.encode("utf-8", "surrogateescape")[:TEXT_KEPT]
            return RawRow(name, line, None, Reason.WRONG_ENCODING, f"field {key!r}: {raw!r}")
    return RawRow(name, line, {str(key): value for key, value in fields.items()})


def _parquet_rows(path: Path) -> Iterator[RawRow]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            number = 0
            for batch in file.iter_batches(batch_size=1000):
                for fields in batch.to_pylist():
                    number += 1
                    yield RawRow(path.name, number, fields)
    except pa.ArrowInvalid as error:
        raise DataError(f"{path.name} is no Parquet file: {error}") from error
