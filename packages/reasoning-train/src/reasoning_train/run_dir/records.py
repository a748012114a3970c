"""Read what a run left, also what a killed process left half-written."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf, isfinite
from pathlib import Path
from typing import Any

Record = Mapping[str, Any]


@dataclass
class Tally:
    """Lines that were passed over because they are no JSON objects or lack what is needed."""

    skipped: int = 0


def iter_records(path: Path, tally: Tally) -> Iterator[dict[str, Any]]:
    """The JSON objects of a file, one a line; other lines are counted in `tally`.

    A process that is killed leaves its last line half-written, and one that is still running shows
    half a line to whoever reads at that moment.
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
    """The JSON object in `data`, or None if it holds none."""
    try:
        value = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def number(record: Record, key: str) -> float | None:
    """A number of a record, possibly not finite; None if the key holds none."""
    return as_number(record.get(key))


def as_number(value: object) -> float | None:
    """`value` as a float if it is a number; integers beyond a float's range become infinite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return inf


def finite(record: Record, key: str) -> float | None:
    """A finite number of a record; None if the key holds none."""
    value = number(record, key)
    return value if value is not None and isfinite(value) else None


def text(record: Record, key: str) -> str:
    """A string of a record; empty if the key holds none."""
    value = record.get(key)
    return value if isinstance(value, str) else ""


def truth(record: Record, key: str) -> bool | None:
    """A truth value of a record; None if the key holds none."""
    value = record.get(key)
    return value if isinstance(value, bool) else None


def mapping(record: Record, key: str) -> dict[str, Any]:
    """An object of a record; empty if the key holds none."""
    value = record.get(key)
    return value if isinstance(value, dict) else {}
