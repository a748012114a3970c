"""Tolerant readers of JSON lines, which skip what a killed process left incomplete."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf, isfinite
from pathlib import Path
from typing import Any

Record = Mapping[str, Any]


@dataclass
class Tally:
    """Number of lines that were skipped: not JSON objects, or without a required value."""

    skipped: int = 0


def iter_records(path: Path, tally: Tally) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of a file, one per line, and count other lines in `tally`.

    The last line can be incomplete if the writing process was killed or is still running.
    """
    with path.open("rb") as file:
        for line in file:
            if not line.strip():
                continue
            record = parse_object(line)
            if record is None:
                tally.skipped += 1
            else:
                yield record


def parse_object(data: bytes) -> dict[str, Any] | None:
    """Parse a JSON object; None if `data` is not one."""
    try:
        value = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def number(record: Record, key: str) -> float | None:
    """Return a number of a record, possibly not finite; None if the key has no number."""
    return as_number(record.get(key))


def as_number(value: object) -> float | None:
    """Convert a number to a float; None for other values.

    Integers beyond a float's range become infinite.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return inf


def finite(record: Record, key: str) -> float | None:
    """Return a finite number of a record; None if the key has none."""
    value = number(record, key)
    return value if value is not None and isfinite(value) else None


def text(record: Record, key: str) -> str:
    """Return a string of a record; empty if the key has no string."""
    value = record.get(key)
    return value if isinstance(value, str) else ""


def truth(record: Record, key: str) -> bool | None:
    """Return a Boolean of a record; None if the key has no Boolean."""
    value = record.get(key)
    return value if isinstance(value, bool) else None


def mapping(record: Record, key: str) -> dict[str, Any]:
    """Return an object of a record; empty if the key has no object."""
    value = record.get(key)
    return value if isinstance(value, dict) else {}
