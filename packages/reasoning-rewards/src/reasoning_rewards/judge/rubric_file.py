"""Rubric files: a TOML file with weights of the structure rubric, and free-text items for a judge.

[structure]              # the items and pitfalls that `print(Rubric())` lists
connected = 0.4          # another weight
transitions = false      # switched off

[[items]]                # asked of a judge, as many as you like
name = "source"
question = "Does the text say where its figures come from?"
weight = 2               # 1 if left out; below 0 for a pitfall
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from reasoning_rewards.errors import RewardError
from reasoning_rewards.judge.items import JudgeItem, checked
from reasoning_rewards.structure.rubric import Rubric

_ITEM_KEYS: Final = ("name", "question", "weight")


@dataclass(frozen=True, slots=True)
class RubricFile:
    """What a rubric file says.

    Attributes:
        structure: The structure rubric with its weights changed and entries switched off.
        items: The items that a judge is asked.
    """

    structure: Rubric = field(default_factory=Rubric)
    items: tuple[JudgeItem, ...] = ()

    def __str__(self) -> str:
        lines = ["structure, from the completion alone:", str(self.structure)]
        if self.items:
            lines += ["", "asked of the judge:"]
            lines += [f"{item.weight:5.2f}  {item.name:<14} {item.question}" for item in self.items]
        return "\n".join(lines)


def read_rubric(path: Path) -> RubricFile:
    """Read a rubric file.

    Raises:
        RewardError: The file cannot be read, or something in it is wrong; one line says what.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise RewardError(f"rubric {str(path)!r} is not UTF-8 text") from None
    except OSError as error:
        raise RewardError(f"cannot read the rubric {str(path)!r}: {error.strerror}") from error
    return parse_rubric(text, str(path))


def parse_rubric(text: str, name: str = "rubric") -> RubricFile:
    """Return what the text of a rubric file says.

    Args:
        text: TOML, as in this module's docstring.
        name: The file, for messages.

    Raises:
        RewardError: Something in it is wrong; one line says what.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RewardError(f"rubric {name!r} is not TOML: {error}") from error
    try:
        return _rubric(table)
    except RewardError as error:
        raise RewardError(f"rubric {name!r}: {error}") from error


def _rubric(table: Mapping[str, Any]) -> RubricFile:
    for key in table:
        if key not in ("structure", "items"):
            raise RewardError(f"unknown key {key!r}; there are [structure] and [[items]]")
    listed = table.get("items", [])
    if not (isinstance(listed, list) and all(isinstance(entry, dict) for entry in listed)):
        raise RewardError("items are written as [[items]], one table each")
    items = checked([_item(entry, number) for number, entry in enumerate(listed, start=1)])
    structure = table.get("structure", {})
    if not isinstance(structure, dict):
        raise RewardError("structure is a table, [structure]")
    return RubricFile(_structure(structure), items)


def _item(entry: Mapping[str, Any], number: int) -> JudgeItem:
    for key in entry:
        if key not in _ITEM_KEYS:
            raise RewardError(
                f"item {number} has an unknown key {key!r}; there are {', '.join(_ITEM_KEYS)}"
            )
    for key in ("name", "question"):
        if key not in entry:
            raise RewardError(f"item {number} has no {key}")
    return JudgeItem(entry["name"], entry["question"], entry.get("weight", 1.0))


def _structure(table: Mapping[str, Any]) -> Rubric:
    rubric = Rubric()
    pitfalls = [pitfall.name for pitfall in rubric.pitfalls]
    weights: dict[str, float] = {}
    off = []
    for name, value in table.items():
        if value is False:
            off.append(name)
        elif name in pitfalls:
            raise RewardError(f"the pitfall {name!r} can only be switched off, with false")
        elif isinstance(value, int | float) and value is not True:
            weights[name] = float(value)
        else:
            raise RewardError(f"structure.{name} is a weight, or false, not {value!r}")
    changed = rubric.reweighted(**weights).without(*off)
    if not any(item.weight for item in changed.items):
        raise RewardError("at least one item of the structure must have a weight")
    return changed
