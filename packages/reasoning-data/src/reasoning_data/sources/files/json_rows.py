"""Rows of JSON files: one object per line, an array, or objects that span several lines."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from reasoning_data.errors import DataError, Reason
from reasoning_data.sources.files.compression import open_plain
from reasoning_data.sources.files.raw_row import MAX_ROW_BYTES, TEXT_KEPT, RawRow

BLANK = b"\xef\xbb\xbf \t\r\n"
SPACE = re.compile(r"\s*")
# Where the rows stand in a file that is one object: `{"data": […]}`, and the hub's `{"rows": […]}`.
LISTS = ("data", "rows", "examples", "instances", "items", "questions", "problems")


def json_rows(path: Path, max_row_bytes: int) -> Iterator[RawRow]:
    """Yield the rows of a JSON file in any of its layouts.

    Raises:
        DataError: The file is an array that is not closed.
    """
    if not _spans_lines(path):
        return _file_lines(path, max_row_bytes)
    try:
        values = _whole_values(path)
    except (ValueError, RecursionError) as error:
        if path.name.removesuffix(".gz").endswith(".json") and _first_byte(path) == b"[":
            raise DataError(f"{path.name} is not a JSON array: {error}") from error
        return _file_lines(path, max_row_bytes)
    return _value_rows(path.name, values)


def _first_byte(path: Path) -> bytes:
    with open_plain(path) as file:
        return file.read(4096).lstrip(BLANK)[:1]


def _spans_lines(path: Path) -> bool:
    """Return whether a file may be one value that contains the rows, or objects that span lines.

    That is so if neither of its first two lines is an object, or if its only line holds a list of
    rows.
    """
    with open_plain(path) as file:
        first, second = _next_line(file), _next_line(file)
    if first.lstrip(BLANK)[:1] not in (b"[", b"{"):
        return False
    value = _object(first)
    if value is not None:
        return not second and _listed(value) != [value]
    # An object of one line may be longer than what was read of it.
    is_cut = first.lstrip(BLANK)[:1] == b"{" and len(first) == MAX_ROW_BYTES
    return not is_cut and _object(second) is None


def _next_line(file: BinaryIO) -> bytes:
    """Return the next line that is not blank, up to `MAX_ROW_BYTES`; b'' at the end."""
    while line := file.readline(MAX_ROW_BYTES):
        if line.strip(BLANK):
            return line
    return b""


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _whole_values(path: Path) -> list[Any]:
    """Return the rows of a file that holds one value, or several in succession."""
    with open_plain(path) as file:
        text = file.read().decode("utf-8-sig")
    decoder, at, values = json.JSONDecoder(), 0, []
    text = text.strip()
    while at < len(text):
        value, end = decoder.raw_decode(text, at)
        values.append(value)
        at = SPACE.match(text, end).end()  # type: ignore[union-attr]
    if len(values) != 1:
        return values
    return _listed(values[0])


def _listed(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        lists = [value[name] for name in LISTS if isinstance(value.get(name), list)]
        if len(lists) == 1:
            # The hub's viewer puts each row into a field `row`.
            return [r["row"] if isinstance(r, dict) and "row" in r else r for r in lists[0]]
    return [value]


def _value_rows(name: str, values: list[Any]) -> Iterator[RawRow]:
    for number, fields in enumerate(values, start=1):
        if isinstance(fields, dict):
            yield RawRow(name, number, fields)
        else:
            detail = f"not an object: {fields!r}"[:TEXT_KEPT]
            yield RawRow(name, number, None, Reason.BROKEN_ROW, detail)


def _file_lines(path: Path, max_row_bytes: int) -> Iterator[RawRow]:
    with open_plain(path) as file:
        yield from json_lines(file, path.name, max_row_bytes)


def json_lines(file: BinaryIO, name: str, max_row_bytes: int) -> Iterator[RawRow]:
    """Yield the rows of a file with one object per line.

    A line that is not an object keeps its number and carries the reason.
    """
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
