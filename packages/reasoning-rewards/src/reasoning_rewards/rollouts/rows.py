"""Rollout files: rows with a prompt, a completion and its gold, and perhaps recorded scores."""

import gzip
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from reasoning_rewards.columns.conversations import (
    completion_text,
    is_conversation,
    last_exchange,
    prompt_text,
)
from reasoning_rewards.columns.golds import read_golds, unreadable
from reasoning_rewards.columns.scalars import shown
from reasoning_rewards.completions.schemas import REASONING_ANSWER, Schema
from reasoning_rewards.errors import RewardError
from reasoning_rewards.rollouts.layouts import (
    LAYOUTS,
    OWN,
    Fields,
    Layout,
    find_layout,
    lookup,
    rows_within,
)
from reasoning_rewards.rollouts.records import read_records

T = TypeVar("T")

_OPTIONAL_PROMPTS = {layout.prompt for layout in LAYOUTS}
"""A row may lack its prompt, unless the user said where it is."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """One completion.

    Attributes:
        prompt: Its text; empty if the row has none.
        completion: Its text.
        golds: Answers any of which is right.
        row: All that the file says of it.
    """

    prompt: str
    completion: str
    golds: tuple[str, ...]
    row: dict[str, Any]


@dataclass(slots=True)
class Rollouts:
    """The completions of a file, and what the user should know of it, one sentence each."""

    items: list[Rollout] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_rollouts(
    path: Path, fields: Fields | None = None, schema: Schema = REASONING_ANSWER
) -> Rollouts:
    """Read the completions of a file, of standard input (`-`), or of a folder's files.

    The first row says whose layout it is. A row with several completions counts as many times.
    Reasoning that a server parted from the content gets the schema's tags back.

    Raises:
        RewardError: It cannot be read, or a row lacks one of the fields; the message names the
            line.
    """
    records = read_records(path)
    fields = fields or Fields()
    rows = list(_single_rows(records.rows, fields))
    layout = find_layout(rows[0][1], fields)
    rollouts = Rollouts(notes=records.notes)
    if layout.prompt == layout.completion:
        rollouts.notes.append(
            f"of each conversation in {layout.prompt!r} the last message of the assistant is the "
            "completion, the user's before it the prompt"
        )
    if layout.program:
        rollouts.notes.append(
            f"read as {layout.program}'s: prompt from {layout.prompt}, completion from "
            f"{layout.completion}, gold from {layout.gold}"
        )
    elif layout.gold != OWN.gold and fields.gold is None:
        rollouts.notes.append(f"no field 'gold': the gold is read from {layout.gold!r}")
    if layout.repeated_by:
        n, kept = len(rows), rows[0][1].get(layout.repeated_by)
        rows = [(where, row) for where, row in rows if row.get(layout.repeated_by) == kept]
        if len(rows) < n:
            rollouts.notes.append(
                f"{n - len(rows)} rows repeat others under another "
                f"{layout.repeated_by} and are left out"
            )
    for where, row in rows:
        rollouts.items += _rollouts(row, layout, where, schema)
    if sentence := unreadable(rollout.golds for rollout in rollouts.items):
        rollouts.notes.append(sentence)
    return rollouts


def _single_rows(
    rows: list[tuple[str, dict[str, Any]]], fields: Fields
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows; those within an object `{"data": […]}` in its place."""
    for where, row in rows:
        within = rows_within(row, fields)
        yield from [(f"{where}: data.{n}", one) for n, one in enumerate(within)] or [(where, row)]


def _rollouts(row: dict[str, Any], layout: Layout, where: str, schema: Schema) -> Iterator[Rollout]:
    if layout.prompt == layout.completion:
        prompt, text = _read(partial(_exchange, schema=schema), row, layout, "completion", where)
        texts = [text]
    else:
        texts = _read(partial(_completions, schema=schema), row, layout, "completion", where)
        prompt = _read(_prompt, row, layout, "prompt", where)
    golds = _read(read_golds, row, layout, "gold", where)
    for text in texts:
        plain = {"prompt": prompt, "completion": text, "gold": golds[0]}
        # What the row calls so itself is kept, but of several completions each row has its own.
        kept = {k: v for k, v in row.items() if len(texts) == 1 or k != "completion"}
        yield Rollout(prompt, text, golds, plain | kept)


def _read(
    reader: Callable[[Any], T], row: dict[str, Any], layout: Layout, name: str, where: str
) -> T:
    value = _get(row, layout, name, where)
    try:
        return reader(value)
    except RewardError as error:
        raise RewardError(f"{where}: the field {getattr(layout, name)!r}: {error}") from error


def _get(row: dict[str, Any], layout: Layout, name: str, where: str) -> Any:
    path = getattr(layout, name)
    try:
        return lookup(row, path)
    except KeyError:
        if name == "prompt" and path in _OPTIONAL_PROMPTS:
            return ""
        known = ", ".join(list(row)[:12]) or "none"
        raise RewardError(
            f"{where}: the field {path!r} is missing (fields: {known}); "
            f"--{name}-field names another"
        ) from None


def _exchange(value: Any, schema: Schema) -> tuple[str, str]:
    """Prompt and completion of a field that holds both."""
    if not is_conversation(value):
        raise RewardError(f"a list of messages is expected, not {shown(value)}")
    return last_exchange(value, schema)


def _prompt(value: Any) -> str:
    if isinstance(value, list) and not is_conversation(value):
        return "\n".join(map(str, value))  # lm-eval's chats are a list of one JSON text
    return "" if value is None else prompt_text(value)


def _completions(value: Any, schema: Schema) -> list[str]:
    """The texts of a field: a text, a conversation, or a list of completions."""
    if isinstance(value, list) and value and not is_conversation(value):
        nested = len(value) == 1 and isinstance(value[0], list)
        members = value[0] if nested and not is_conversation(value[0]) else value
        if members and all(isinstance(m, str) or is_conversation(m) for m in members):
            return [completion_text(member, schema) for member in members]
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    return [completion_text(value, schema)]


def write_rows(rows: Iterable[dict[str, Any]], path: Path) -> None:
    """Write a file whole or not at all; compressed if its name ends in `.gz`."""
    check_folder(path)
    unfinished = path.with_name(path.name + ".partial")
    try:
        with (
            gzip.open(unfinished, "wt")
            if path.suffix == ".gz"
            else unfinished.open("w", encoding="utf-8") as file
        ):
            for row in rows:
                file.write(json_line(row) + "\n")
        os.replace(unfinished, path)
    except OSError as error:
        raise RewardError(f"cannot write {str(path)!r}: {error.strerror}") from error
    finally:
        unfinished.unlink(missing_ok=True)


def check_folder(path: Path) -> None:
    """Check that a file can be made there.

    Raises:
        RewardError: There is no such folder, or the path is one.
    """
    if not path.parent.is_dir():
        raise RewardError(f"no such folder for the output: {str(path.parent)!r}")
    if path.is_dir():
        raise RewardError(f"the output is a folder: {str(path)!r}; name a file in it")


def json_line(row: dict[str, Any]) -> str:
    """Return a row as JSON; what Parquet knows and JSON does not is written as text."""
    return json.dumps(row, default=_as_text)


def _as_text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
