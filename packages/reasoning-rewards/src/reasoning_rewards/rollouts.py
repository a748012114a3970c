"""Rollout files: rows with `prompt`, `completion`, `gold`, and perhaps recorded scores.

JSON lines, or Parquet if `pyarrow` is installed: a file, or a folder of them such as a run's.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from reasoning_rewards.errors import RewardError

Row = dict[str, Any]


def read_rollouts(path: Path) -> list[Row]:
    """All rows of a file, or of a folder of Parquet files.

    Raises:
        RewardError: no such file, Parquet without `pyarrow`, a line that is no JSON object, or one
            without a string field `completion` and `gold`; the message names the line.
    """
    if not path.exists():
        raise RewardError(f"no such file: {str(path)!r}")
    rows = _read_parquet(path) if path.is_dir() or path.suffix == ".parquet" else _read_lines(path)
    if not rows:
        raise RewardError(f"the file has no rows: {str(path)!r}")
    return rows


def _read_lines(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", errors="replace") as lines:
        return [
            _read_row(line, f"{path}:{number}")
            for number, line in enumerate(lines, start=1)
            if line.strip()
        ]


def _read_parquet(path: Path) -> list[Row]:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise RewardError(
            f"{str(path)!r} is Parquet: install 'reasoning-rewards[parquet]' to read it"
        ) from error
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    rows: list[Row] = []
    for file in files:
        try:
            table = pyarrow.parquet.read_table(file)
        except (OSError, pyarrow.ArrowException) as error:
            raise RewardError(f"{str(file)!r} is no whole Parquet file: {error}") from error
        rows += [
            _checked(row, f"{file}:{number}")
            for number, row in enumerate(table.to_pylist(), start=1)
        ]
    return rows


def _read_row(line: str, where: str) -> Row:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise RewardError(f"{where}: not JSON ({error}); one object a line is expected") from error
    if not isinstance(row, dict):
        raise RewardError(f"{where}: a JSON object is expected, not {line.strip()[:60]!r}")
    return _checked(row, where)


def _checked(row: Row, where: str) -> Row:
    row.setdefault("prompt", "")
    for name in ("prompt", "completion", "gold"):
        if name not in row:
            raise RewardError(f"{where}: the field {name!r} is missing")
        if isinstance(row[name], int | float) and not isinstance(row[name], bool):
            row[name] = str(row[name])
        if not isinstance(row[name], str):
            raise RewardError(f"{where}: the field {name!r} must be a string, not {row[name]!r}")
    return row


def write_rows(rows: Iterable[Row], path: Path) -> None:
    """Write a file whole or not at all."""
    if not path.parent.is_dir():
        raise RewardError(f"no such folder for the output: {str(path.parent)!r}")
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")
    os.replace(partial, path)
