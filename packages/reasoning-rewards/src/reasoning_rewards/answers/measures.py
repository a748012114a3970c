"""Quantities in two units: `2 hours and 15 minutes`, `5'6"`, `3 dollars and 50 cents`."""

import re
from fractions import Fraction
from typing import Final

from reasoning_rewards.answers import units
from reasoning_rewards.answers.expression import Node, Operation
from reasoning_rewards.answers.forms import Measure, Scalar

_PART: Final = re.compile(
    r"(?P<number>\d{1,12}(?:\.\d{1,9})?(?:(?: |-)\d{1,4}/\d{1,4})?)\s?-?"
    r"(?P<unit>[A-Za-z]{1,12}\.?|''|[\"'])"
)
_JOINT: Final = re.compile(r"\s*(?:,|&|\band\b)?\s*(?:and\s+)?(?=\d)")
_MARKS: Final = {"'": "ft", '"': "in", "''": "in"}
MAX_PARTS: Final = 6


def read(text: str) -> Measure | Scalar | None:
    """The sum of two or more quantities of one kind, the larger unit first; `None` otherwise.

    An amount of money comes back in dollars: `3 dollars and 50 cents` is 3.50 also without a unit.
    """
    total, kind, below = Fraction(0), "", Fraction(0)
    index = parts = 0
    while match := _PART.match(text, index):
        unit = _unit(match["unit"], kind, parts)
        base = units.in_base(unit)
        if base is None or parts == MAX_PARTS:
            return None
        dimension, factor = base
        if parts and (dimension != kind or factor >= below):
            return None
        total += _value(match["number"]) * factor
        kind, below = dimension, factor
        parts += 1
        index = match.end()
        joint = _JOINT.match(text, index)
        if joint is None:
            break
        index = joint.end()
    if parts < 2 or text[index:].strip(" .") not in ("", "long", "tall", "in total", "old", "left"):
        return None
    if kind == "money":
        return Scalar(Node(Operation.NUMBER, value=total), total, literal=True, unit="usd")
    return Measure(kind, total)


def _unit(written: str, kind: str, parts: int) -> str:
    if written in _MARKS:
        return _MARKS[written]
    if written == "m" and parts and kind == "time":
        return "min"  # `2h 30m`
    return units.canonical_unit(written)


def _value(text: str) -> Fraction:
    total = Fraction(0)
    for piece in re.split(r"[ -]", text):
        top, _, bottom = piece.partition("/")
        total += Fraction(top) / Fraction(int(bottom) or 1) if bottom else Fraction(top)
    return total
