"""Equations in one unknown, `3c + c = 120`, checked with the values that a trace finds for it."""

import re
from collections.abc import Iterable
from typing import Final

from reasoning_rewards.equations.arithmetic import Number, Side, read_side
from reasoning_rewards.equations.checking import Equation

MAX_LINES: Final = 60
MAX_VALUES: Final = 6

_NUMBER: Final = r"-?\$?\d[\d,]{0,20}(?:\.\d{1,12})?(?:/\d{1,9})?"
_SOLUTION: Final = re.compile(
    rf"(?<![\w^*/+.)-])(?<![-+*/] )([A-Za-z]) ?= ?({_NUMBER}(?:(?:,| or| and) {_NUMBER}){{0,3}})"
    # `x = 9 pencils`, but not `x = 9 y`.
    r"(?!\d|[A-Za-z_]| ?[-+*/^(=]| [A-Za-z]{1,2}\b| \d)"
)
_VALUE: Final = re.compile(_NUMBER)
_LETTER: Final = re.compile(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])")
# Words before and after a formula.
_WORDS: Final = re.compile(
    r"^(?:[A-Za-z']{2,20},? |[aA] )+|[A-Za-z]{2,}.*$|(?<=\d) [A-Za-z]{2,}.*$"
)
_SEPARATOR: Final = re.compile(r"[,;:]\s|\s(?:so|and|then|where|or|we get|becomes|gives|is)\s")


def equations_of_unknowns(lines: Iterable[str], text: str) -> list[Equation]:
    """The equations in one unknown among some lines, for the unknowns that the text solves.

    True where one of the values found for the unknown satisfies it; that value is what the
    equation's numbers lead to.
    """
    values = _solutions(text)
    if not values:
        return []
    found: list[Equation] = []
    for line in list(lines)[:MAX_LINES]:
        for statement in _SEPARATOR.split(line):
            equation = _checked(statement.strip(" .$"), values) if "=" in statement else None
            if equation:
                found.append(equation)
    return found


def _solutions(text: str) -> dict[str, list[Number]]:
    values: dict[str, list[Number]] = {}
    for match in _SOLUTION.finditer(text):
        for written in _VALUE.findall(match[2])[:MAX_VALUES]:
            side = read_side(written) or read_side(f"({written})")
            if side and side.value not in values.setdefault(match[1], []):
                values[match[1]].append(side.value)
    return values


def _checked(statement: str, values: dict[str, list[Number]]) -> Equation | None:
    statement = _WORDS.sub("", statement)
    names = set(_LETTER.findall(statement))
    if len(names) != 1 or (name := names.pop()) not in values:
        return None
    sides = statement.split("=")
    if len(sides) != 2 or _is_solution(*sides):
        return None
    for value in values[name][:MAX_VALUES]:
        left, right = (_at(side, name, value) for side in sides)
        if left is None or right is None:
            return None
        if left.value == right.value:
            operands = tuple(
                number for side in (left, right) for number in side.operands if number != value
            )
            return Equation(statement, operands, value, true=True, trivial=False)
    return Equation(statement, (), values[name][0], true=False, trivial=False)


def _is_solution(left: str, right: str) -> bool:
    return len(left.strip()) == 1 and not _LETTER.search(right)


def _at(side: str, name: str, value: Number) -> Side | None:
    """One side with a value in the place of the unknown."""
    return read_side(
        _LETTER.sub(lambda match: f"({value})" if match[0] == name else match[0], side)
    )
