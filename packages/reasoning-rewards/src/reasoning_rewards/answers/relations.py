"""Equations, inequalities and approximations: `x = 5`, `1 < x ≤ 2`, `22/7 ≈ 3.14`."""

import re
from fractions import Fraction
from typing import Final

from reasoning_rewards.answers import expression, values
from reasoning_rewards.answers.expression import ExpressionError, Operation
from reasoning_rewards.answers.forms import Form, Group, Reader, Readings, Relation, Scalar, Text
from reasoning_rewards.answers.groups import CLOSING, OPENING

MAX_SIDES: Final = 8

_FUNCTION_NAME: Final = re.compile(r"[A-Za-z]'*(?:\^\(?-1\)?)?(?:_\w+)?\([A-Za-z0-9,]+\)")
_RELATIONS: Final = "<>≤≥≠=≈∈"
_GREATER: Final = re.compile(r"(?P<name>[a-z])\s*(?P<sign>=>|=<)\s*(?P<value>-?[\d./]+)")


def related(text: str, depth: int, read: Reader) -> Form | None:
    """An equation, inequality or approximation; of a chain of equalities the last side.

    Raises:
        ExpressionError: There are too many sides, or one is missing.
    """
    if not any(char in text for char in _RELATIONS):
        return None
    if implied := _GREATER.fullmatch(text):
        text = f"{implied['name']}{'≥' if implied['sign'] == '=>' else '≤'}{implied['value']}"
    text = text.replace("<=", "≤").replace(">=", "≥").replace("!=", "≠").replace("=>", " ")
    text = text.replace("==", "=")
    sides: list[str] = []
    operators: list[str] = []
    level = start = 0
    for index, char in enumerate(text):
        if char in OPENING:
            level += 1
        elif char in CLOSING:
            level = max(level - 1, 0)
        elif level == 0 and char in _RELATIONS:
            sides.append(text[start:index].strip())
            operators.append(char)
            start = index + 1
    sides.append(text[start:].strip())
    if not operators:
        return None
    if len(operators) > MAX_SIDES:
        raise ExpressionError("too many relations")
    if "≈" in operators:
        return _approximated(sides, operators, depth, read)
    if not all(sides):
        if operators == ["="] and sides[1]:
            return read(sides[1], depth + 1)
        raise ExpressionError("a relation without a side")
    if operators == ["∈"]:
        return read(sides[1], depth + 1)
    if set(operators) == {"="}:
        return _equation(sides, depth, read)
    return Relation(tuple(read(side, depth + 1) for side in sides), tuple(operators))


def _approximated(sides: list[str], operators: list[str], depth: int, read: Reader) -> Form | None:
    """`22/7 ≈ 3.14` is either side, where the second rounds the first; `5 ≈ 6` is no answer."""
    cut = operators.index("≈")
    if cut != len(operators) - 1 or not sides[-1]:
        raise ExpressionError("an approximation of an approximation")
    approximate = read(sides[-1], depth + 1)
    if not sides[0]:
        return approximate
    exact_text = (
        sides[0]
        if not operators[:cut]
        else "".join(
            side + operator for side, operator in zip(sides, [*operators[:cut], ""], strict=False)
        )
    )
    exact = read(exact_text, depth + 1)
    if isinstance(exact, Text) or (isinstance(exact, Scalar) and exact.names):
        return approximate
    if not (isinstance(exact, Scalar) and isinstance(approximate, Scalar)):
        return None
    if exact.value is None or approximate.value is None or not approximate.literal:
        return None
    gap = abs(values.to_decimal(exact.value) - values.to_decimal(approximate.value))
    if gap >= values.to_decimal(Fraction(1, 10**approximate.decimals)):
        return Text(" ≈ ".join(sides), unreadable=True)
    return Readings((exact, approximate))


def _equation(sides: list[str], depth: int, read: Reader) -> Form:
    """The last side is the answer; `2x + 3y = 5` stays an equation."""
    last = read(sides[-1], depth + 1)
    if isinstance(last, Text) and len(last.canonical) == 1 and sides[-2][-1:].isdigit():
        return read(sides[-2], depth + 1)  # `20 = A`
    if len(sides) == 2 and _is_algebra(sides[0]):
        return Relation((read(sides[0], depth + 1), last), ("=",))
    name = re.sub(r"\s", "", sides[0])
    if isinstance(last, Scalar):
        return Scalar(
            last.node, last.value, last.literal, last.names, last.unit, last.percent,
            last.digits, last.decimals, name,
        )  # fmt: skip
    if isinstance(last, Group):
        return Group(last.kind, last.items, name)
    return last


def _is_algebra(side: str) -> bool:
    """An expression with variables and numbers or sums, not the name of something."""
    if _FUNCTION_NAME.fullmatch(side.replace(" ", "")):
        return False
    try:
        node = expression.parse(side)
    except ExpressionError:
        return False
    if not node.names() or node.operation in (Operation.NAME, Operation.NUMBER):
        return False
    return bool(re.search(r"(?<![_A-Za-z(])\d|[-+^]", side)) or "*" in side
