"""The records of a file: JSON lines, a JSON array, or Parquet, perhaps compressed with gzip.

What a file is, its content says, not its name.
"""

import json
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from reasoning_rewards.errors import RewardError

STDIN: Final = "-"
_GZIP: Final = b"\x1f\x8b"
_PARQUET: Final = b"PAR1"
_BOM: Final = b"\xef\xbb\xbf"
_OTHER_BOMS: Final = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_PATTERNS: Final = ("*.parquet", "*.jsonl", "*.jsonl.gz")


@dataclass
class Records:
    """What was read.

    Attributes:
        rows: Each record with its place, such as `rollouts.jsonl:7`.
        notes: What the user should know, one sentence each.
    """

    rows: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_records(path: Path) -> Records:
    """Read a file, standard input (`-`), or the Parquet or JSON-lines files of a folder.

    A last line that is cut off, as a killed writer leaves it, is left out with a note.

    Raises:
        RewardError: It cannot be read, or it is something else; the message names the line.
    """
    records = Records()
    if str(path) == STDIN:
        if sys.stdin is None:
            raise RewardError("standard input is closed")
        _read_bytes(sys.stdin.buffer.read(), "stdin", records)
    else:
        for file in _files(path):
            try:
                data = file.read_bytes()
            except OSError as error:
                raise RewardError(f"cannot read {str(file)!r}: {error.strerror}") from error
            _read_bytes(data, str(file), records)
    if not records.rows:
        raise RewardError(f"the file has no rows: {'; '.join([repr(str(path)), *records.notes])}")
    return records


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise RewardError(f"no such file: {str(path)!r}")
    if not path.is_dir():
        return [path]
    for pattern in _PATTERNS:
        if files := sorted(path.glob(pattern)):
            return files
    raise RewardError(f"no Parquet and no JSON-lines files in the folder {str(path)!r}")


def _read_bytes(data: bytes, name: str, records: Records) -> None:
    if data.startswith(_GZIP):
        data = _decompressed(data, name, records)
    if data.startswith(_PARQUET):
        rows = _parquet_rows(data, name)
        records.rows += [(f"{name}:{number}", row) for number, row in enumerate(rows, start=1)]
        return
    if encoding := _OTHER_BOMS.get(data[:2]):
        raise RewardError(
            f"{name} is {encoding}, not UTF-8: convert it with iconv -f {encoding} -t UTF-8"
        )
    if b"\0" in data[:1_000]:
        raise RewardError(f"{name} is neither UTF-8 text nor Parquet: it has NUL bytes")
    data = data.removeprefix(_BOM)
    if data.lstrip().startswith(b"["):
        whole = _whole(data)
        if isinstance(whole, list):
            for number, row in enumerate(whole, start=1):
                records.rows.append((f"{name}:{number}", _object(row, f"{name}:{number}")))
            return
    _read_lines(data, name, records)


def _decompressed(data: bytes, name: str, records: Records) -> bytes:
    """All of a gzip file's members; of one that is cut off, what there is."""
    parts: list[bytes] = []
    while data.startswith(_GZIP):
        member = zlib.decompressobj(wbits=31)
        try:
            parts.append(member.decompress(data))
        except zlib.error as error:
            raise RewardError(f"{name} is damaged: gzip cannot read it ({error})") from error
        if not member.eof:
            records.notes.append(f"{name} is cut off: the rows before the cut are used")
        data = member.unused_data
    return b"".join(parts)


def _parquet_rows(data: bytes, name: str) -> list[dict[str, Any]]:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise RewardError(f"{name!r} is Parquet; pip install pyarrow to read it") from error
    try:
        table = pyarrow.parquet.read_table(pyarrow.BufferReader(data))
    except (OSError, pyarrow.ArrowException) as error:
        reason = str(error).partition("\n")[0]
        raise RewardError(f"{name!r} is no whole Parquet file: {reason}") from error
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _whole(data: bytes) -> Any:
    """The file as one JSON value; None if it is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _read_lines(data: bytes, name: str, records: Records) -> None:
    """Add the rows of JSON lines.

    Only `\\n` ends a line: JSON allows other line separators within its strings.
    """
    lines = data.split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{name}:{number}"
        # Else nothing says that these are JSON lines.
        started = bool(records.rows or records.notes)
        try:
            value = json.loads(line.decode())
        except UnicodeDecodeError as error:
            if number == len(lines) and started and error.end == len(line):
                _note_cut(where, records)
                return
            raise RewardError(
                f"{where}: not UTF-8 (byte 0x{line[error.start]:02x} at {error.start + 1}); "
                "convert the file, from Latin-1 with iconv -f LATIN1 -t UTF-8"
            ) from error
        except (ValueError, RecursionError) as error:
            if number == len(lines) and started and _is_cut(line, error):
                _note_cut(where, records)
                return
            whole = _whole(data)
            if isinstance(whole, dict):  # one object over several lines
                records.rows.append((where, whole))
                return
            raise RewardError(
                f"{where}: not JSON ({error}); one object a line is expected"
            ) from error
        records.rows.append((where, _object(value, where)))


def _is_cut(line: bytes, error: Exception) -> bool:
    """Whether a line ends where an object goes on."""
    ends_early = isinstance(error, json.JSONDecodeError) and error.pos >= len(error.doc.rstrip())
    return line.lstrip().startswith(b"{") and (ends_early or not line.rstrip().endswith(b"}"))


def _note_cut(where: str, records: Records) -> None:
    records.notes.append(f"{where}: the last line is cut off and left out")


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RewardError(f"{where}: a JSON object is expected, not {str(value)[:60]!r}")
    return value
