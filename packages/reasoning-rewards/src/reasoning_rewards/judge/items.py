"""Free-text items of a rubric, from a file or from a column of the data, and their weighted mean.

Rubrics as Rewards (arXiv 2507.17746) gives every problem items of its own and sums them up as
`Σ wⱼ cⱼ / Σ wⱼ` (equation 1, explicit aggregation). Data sets in its form name an item's parts
`title`, `description` and `weight`; a negative weight marks a pitfall.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final

from reasoning_rewards.columns.scalars import members, plain, shown
from reasoning_rewards.errors import RewardError

NAME: Final = re.compile(r"[\w][\w .,:()/-]{0,59}")
_KEYS: Final = {
    "name": ("name", "title", "id"),
    "question": ("question", "description", "criterion", "rubric", "text"),
    "weight": ("weight", "points"),
}
"""The names that data sets use for the parts of an item."""


@dataclass(frozen=True, slots=True)
class JudgeItem:
    """One question about a completion that is answered with yes or no.

    Attributes:
        name: What the item is called in records and tables.
        question: What the judge is asked, such as "Does the text name its source?".
        weight: How much a yes counts; negative for a pitfall, which a yes is taken off for.

    Raises:
        RewardError: A part is missing or malformed; the message says which.
    """

    name: str
    question: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not (isinstance(self.name, str) and NAME.fullmatch(self.name)):
            raise RewardError(
                "an item's name must be 1 to 60 letters, digits, spaces or . , : ( ) / -, not "
                f"{self.name!r}"
            )
        if not (isinstance(self.question, str) and self.question.strip()):
            raise RewardError(f"item {self.name!r} must have a question, not {self.question!r}")
        number = isinstance(self.weight, int | float) and not isinstance(self.weight, bool)
        if not (number and isfinite(self.weight) and self.weight):
            raise RewardError(
                f"the weight of item {self.name!r} must be a number other than 0, not "
                f"{self.weight!r}"
            )


@dataclass(frozen=True, slots=True)
class Judged:
    """The judge's score of one completion.

    Attributes:
        value: The weighted mean of the items in [0, 1]; None if an item has no verdict.
        items: The value of each item by its name; None where there is no verdict.
        fault: Why there is no value; empty if there is one.
    """

    value: float | None
    items: dict[str, float | None] = field(default_factory=dict)
    fault: str = ""


def weighted_mean(items: Sequence[JudgeItem], values: Sequence[float]) -> float:
    """Return the weighted mean of an item's values, in [0, 1].

    `Σ wⱼ cⱼ / Σ wⱼ` over the positive weights, from which pitfalls take off `|wⱼ| cⱼ` in the same
    unit, at worst down to 0, as HealthBench does (arXiv 2505.08775). A rubric of pitfalls alone
    begins at 1.
    """
    best = sum(item.weight for item in items if item.weight > 0)
    worst = -sum(item.weight for item in items if item.weight < 0)
    found = sum(item.weight * value for item, value in zip(items, values, strict=True))
    score = found / best if best else 1.0 + found / worst
    return min(max(score, 0.0), 1.0)


def checked(items: Sequence[JudgeItem]) -> tuple[JudgeItem, ...]:
    """Return the items as a tuple.

    Raises:
        RewardError: Two items have the same name.
    """
    seen: set[str] = set()
    for item in items:
        if item.name in seen:
            raise RewardError(f"two items have the name {item.name!r}")
        seen.add(item.name)
    return tuple(items)


def read_items(cell: object) -> tuple[JudgeItem, ...]:
    """Return the items of one problem from a cell of the data.

    Args:
        cell: A list of items, or such a list as JSON text. An item is a question alone, or a
            mapping with `question` (or `description`, `criterion`), and with `name` (or `title`)
            and `weight` (or `points`) if it has them. None and an empty list are no items.

    Raises:
        RewardError: The cell holds something else.
    """
    value = plain(cell)
    if isinstance(value, str):
        if not value.strip():
            return ()
        try:
            value = json.loads(value)
        except ValueError:
            raise RewardError(
                f"a cell with rubric items must be a JSON list, not {shown(cell)}"
            ) from None
    if value is None:
        return ()
    listed = members(value)
    if listed is None:
        raise RewardError(f"a cell with rubric items must hold a list, not {shown(cell)}")
    return checked([_item(plain(part), number) for number, part in enumerate(listed, start=1)])


def _item(part: Any, number: int) -> JudgeItem:
    if isinstance(part, str):
        return JudgeItem(f"item {number}", part)
    if not isinstance(part, Mapping):
        raise RewardError(f"rubric item {number} must be a text or a mapping, not {shown(part)}")
    found = {
        name: next((plain(part[key]) for key in keys if part.get(key) is not None), None)
        for name, keys in _KEYS.items()
    }
    if found["question"] is None:
        raise RewardError(f"rubric item {number} has no question: {shown(dict(part))}")
    name = str(found["name"] or f"item {number}")
    weight = 1.0 if found["weight"] is None else found["weight"]
    return JudgeItem(_as_name(name) or f"item {number}", found["question"], weight)


def _as_name(text: str) -> str:
    """A title as a name: what a name cannot hold becomes a space."""
    return " ".join(re.sub(r"[^\w .,:()/-]", " ", text).split())[:60].strip().lstrip(".,:()/- ")
