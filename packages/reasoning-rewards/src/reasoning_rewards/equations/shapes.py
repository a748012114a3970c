"""Equations of the commonest shapes, read by one regex each instead of the general reader.

By far the most are `a ∘ b = c` and `a ∘ b ∘ c = d` of whole numbers (`simple_equations`); then
come computations whose numbers carry units (`equations_with_units`). Both give up, with `None`, on
a text that states anything else with an equals sign.
"""

import re
from functools import lru_cache
from typing import Final

from reasoning_rewards.equations.arithmetic import (
    SIGNS,
    Literal,
    Number,
    ratio,
    read_literal,
    read_side,
)
from reasoning_rewards.equations.checking import Equation, checked, is_share, is_trivial
from reasoning_rewards.equations.notation import APPROXIMATELY

MAX_EQUATIONS: Final = 200

# `12 eggs * 3`: the unit between a number and an operator is dropped; `2x + 1` is left alone.
WORD: Final = r"[A-Za-z]{2,20}(?:['-][A-Za-z]{1,12})?"
_READ_WORD: Final = r"[A-Za-z]{2,20}+(?:['-][A-Za-z]{1,12}+)?+"
_UNITS: Final = (
    rf"(?: ?/ ?[A-Za-z]{{1,20}}| ?-?{WORD}|(?: [aA] {WORD}))"
    rf"(?: {WORD}| a(?= )|/[A-Za-z]{{1,20}}){{0,6}}"
)
UNIT: Final = re.compile(
    rf"(?<=[\d%)!]){_UNITS}(?= ?(?:[-+*/=]|≈=) ?[$(\d.A-Z]| [xX] [$(\d.]|\)+ ?[-+*/=])"
)
CROSS: Final = re.compile(r"(?<=[\d)%]) ?[xX] ?(?=[\d($.])")
_TERM_BEFORE: Final = re.compile(rf"[-+*/] (?:{WORD} ){{1,4}}$")
_WHOLE: Final = r"\$?(\d{1,9}|\d{1,3}(?:,\d{3}){1,3})"
_BEFORE: Final = r"(?<![\w.,$%)(+\-*/^=≈√!-].)(?<![+\-*/^=(≈xX\d] .)"
_AFTER: Final = (
    rf"(?![\d%(]|[.,]\d| ?[{re.escape(SIGNS + APPROXIMATELY)}=]| \$\d| \d+/\d| \d{{3}}\b| %)"
)
_SHAPE: Final = rf"{_WHOLE} ?([-+*/]) ?{_WHOLE}(?: ?([-+*]) ?{_WHOLE})? ?= ?{_WHOLE}(?:\.0+)?"
_SIMPLE: Final = re.compile(rf" *{_SHAPE}[ .,]*+(?![0-9$%()+\-*/^=])", re.ASCII)
# `_BEFORE` looks past the first character: a search is fast where a pattern begins with a set.
_SIMPLE_ANYWHERE: Final = re.compile(
    rf"([$0-9]{_BEFORE}[\d,]{{0,12}})"
    rf" ?([-+*/]) ?{_WHOLE}(?: ?([-+*]) ?{_WHOLE})? ?= ?{_WHOLE}(?:\.0+)?{_AFTER}",
    re.ASCII,
)
_AMOUNT: Final = r"\$?(?:\d[\d,]{0,14}(?:\.\d{1,9})?|\.\d{1,9})%?"
# Nothing is given back once it is read: no shorter unit can be followed by an operator, and most
# numbers are followed by words that lead to none.
_READ_UNITS: Final = (
    rf"(?: ?/ ?[A-Za-z]{{1,20}}+| ?-?{_READ_WORD}|(?: [aA] {_READ_WORD}))"
    rf"(?: {_READ_WORD}| a(?= )|/[A-Za-z]{{1,20}}+){{0,6}}+"
)
_READ_AMOUNT: Final = r"\$?(?>\d[\d,]{0,14}+(?:\.\d{1,9}+)?+|\.\d{1,9}+)%?+"
_THEN: Final = r"(?: ?[-+*/] ?| [xX] )"
_WITH_UNITS: Final = re.compile(
    rf"([$.0-9]{_BEFORE}[\d,]{{0,14}}+(?:(?<=\d)\.\d{{1,9}}+)?+%?+)(?:{_READ_UNITS})?+"
    rf"(?: ?([-+*/]) ?| [xX] )({_READ_AMOUNT})(?:{_READ_UNITS})?+"
    rf"((?:{_THEN}{_READ_AMOUNT}(?:{_READ_UNITS})?+){{0,7}}+) ?= ?({_AMOUNT}){_AFTER}"
)
_GROUPED: Final = re.compile(r"\d{1,3}(?:,\d{3})+")
# A number of `_WITH_UNITS`, and the sign before it.
_TERM: Final = re.compile(r"([-+*/=xX]?) ?\$?(\d(?:[\d,]*\d)?(?:\.\d+)?%?|\.\d+%?)")
_TIMES_SIGNS: Final = frozenset("*xX")
_NEUTRAL: Final = (0, 1)


def simple_equations(text: str, stated: int) -> list[Equation] | None:
    """The equations of whole numbers, if they are all that a text states.

    Args:
        text: A text in plain notation.
        stated: How many equals signs it has.
    """
    found = _SIMPLE_ANYWHERE.findall(text)
    if not len(found) == stated <= MAX_EQUATIONS:
        return None
    equations = [_simple(*parts) for parts in found]
    return None if None in equations else equations  # type: ignore[return-value]


def simple_at(text: str, begin: int, limit: int) -> tuple[Equation, int] | None:
    """An equation of whole numbers that begins at a place, and where it ends."""
    match = _SIMPLE.match(text, begin, limit)
    if match is None or _ends_word(text, begin):
        return None
    equation = _simple(*match.groups(""))
    return (equation, match.end()) if equation else None


def equations_with_units(text: str, stated: int) -> list[Equation] | None:
    """The equations of numbers with units, if they are all that a text states."""
    spans = list(_WITH_UNITS.finditer(text))
    if not len(spans) == stated <= MAX_EQUATIONS:
        return None
    equations: list[Equation] = []
    for span in spans:
        found = _with_units(span)
        if found is None:
            return None
        equations += found
    return equations


@lru_cache(maxsize=4096)
def _simple(
    first: str, operator: str, second: str, operator_2: str, third: str, stated: str
) -> Equation | None:
    """Read the parts of a simple shape; `None` for what may be a share: `3/4 = 15`."""
    first = first.lstrip("$")
    if "," in first and not _GROUPED.fullmatch(first):
        return None
    if first.isdigit() and second.isdigit() and stated.isdigit():
        left, right, value = int(first), int(second), int(stated)
    else:
        left, right, value = _whole(first), _whole(second), _whole(stated)
    if third:
        return _simple_of_three(first, operator, second, operator_2, third, stated)
    if operator == "*":
        true = left * right == value
    elif operator == "/":
        if left < right:
            return None
        true = right != 0 and left == value * right
    else:
        true = (left + right if operator == "+" else left - right) == value
    # Only 0 and 1 can make a computation trivial.
    trivial = (left <= 1 or right <= 1) and is_trivial(operator, (left, right))
    return Equation(f"{first}{operator}{second}={stated}", (left, right), value, true, trivial)


def _simple_of_three(
    first: str, operator: str, second: str, operator_2: str, third: str, stated: str
) -> Equation | None:
    left, right, last, value = _whole(first), _whole(second), _whole(third), _whole(stated)
    written = f"{first}{operator}{second}{operator_2}{third}={stated}"
    if operator == "/":
        if right == 0:
            return None
        quotient = ratio(left, right)
        result = quotient * last if operator_2 == "*" else _apply(operator_2, quotient, last)
    elif operator_2 == "*":
        result = _apply(operator, left, right * last)
    else:
        result = _apply(operator_2, _apply(operator, left, right), last)
    return Equation(written, (left, right, last), value, result == value, False)


def _whole(digits: str) -> int:
    return int(digits.replace(",", "") if "," in digits else digits)


def _apply(operator: str, left: Number, right: Number) -> Number:
    if operator == "*":
        return left * right
    return left + right if operator == "+" else left - right


def _ends_word(text: str, begin: int) -> bool:
    """Whether a run begins inside a word, as in `y2 + 3 = 5`."""
    return text[begin] != " " and text[begin - 1 : begin].isalnum()


def _with_units(match: re.Match[str]) -> list[Equation] | None:
    """What one computation states, units dropped; `None` where it needs the general reader."""
    begin = match.start()
    if begin and _TERM_BEFORE.search(match.string, max(begin - 60, 0), begin):
        return None
    span, first, sign, second, more, stated = match.group(0, 1, 2, 3, 4, 5)
    equation = None if more else _of_two(span, first, sign or "*", second, stated)
    if equation := equation or _of_terms(span):
        return [equation]
    span = CROSS.sub("*", UNIT.sub("", span))
    left_text, _, right_text = span.partition("=")
    left, right = read_side(left_text), read_side(right_text)
    if left is None or right is None:
        return None
    return [] if is_share(left, right) else [checked(span, left, right, roughly=False)]


def _of_two(span: str, first: str, sign: str, second: str, stated: str) -> Equation | None:
    """`_of_terms` for two numbers of ordinary form, `$12` or `1,000`."""
    left = read_literal(first.lstrip("$"))
    right = read_literal(second.lstrip("$"))
    result = read_literal(stated.lstrip("$").rstrip(","))
    if left is None or right is None or result is None:
        return None
    value, top, bottom, _, _ = left
    other, over, under, _, _ = right
    if sign == "*":
        top, bottom = top * over, bottom * under
    elif sign == "/":
        top, bottom = top * under, bottom * over
        if top < bottom or bottom == 0:
            return None
    else:
        top, bottom = top * under + (over if sign == "+" else -over) * bottom, bottom * under
    trivial = (value in _NEUTRAL or other in _NEUTRAL) and is_trivial(sign, (value, other))
    return _stated(span, (value, other), (top, bottom), result, trivial)


def _of_terms(span: str) -> Equation | None:
    """A computation with units that is right, or a wrong one of whole numbers.

    `None` for all that needs a closer look: another wrong one may be rounded, or a share.
    """
    terms = _TERM.findall(span)
    literals = [literal for _, digits in terms if (literal := read_literal(digits))]
    if len(literals) < len(terms) or terms[0][0] or terms[-1][0] != "=":
        return None
    result = literals.pop()
    signs = ["*" if sign in _TIMES_SIGNS else sign for sign, _ in terms[1:-1]]
    top, bottom = _sum_of(literals, signs)
    if bottom == 0 or (top < bottom and signs == ["/"]):
        return None
    operands = tuple([literal[0] for literal in literals])
    trivial = len(signs) == 1 and is_trivial(signs[0], operands)
    return _stated(span, operands, (top, bottom), result, trivial)


def _stated(
    span: str,
    operands: tuple[Number, ...],
    computed: tuple[int, int],
    result: Literal,
    trivial: bool,
) -> Equation | None:
    """The equation of a computation, top and bottom, and the result that is stated for it."""
    value, top, bottom, _, _ = result
    true = computed[0] * bottom == top * computed[1]
    if "." in span or "%" in span:
        if not true or span[-1] == ",":
            return None
        if span.casefold() != span.upper():
            span = CROSS.sub("*", UNIT.sub("", span))
            if span.casefold() != span.upper():
                return None
    return Equation(span, operands, value, true, trivial)


def _sum_of(literals: list[Literal], signs: list[str]) -> tuple[int, int]:
    """Top and bottom of what the literals come to with the signs between them."""
    _, over, under, _, _ = literals[0]
    top, bottom = 0, 1  # of the sum of the terms before the one that is being read
    for sign, (_, factor, divisor, _, _) in zip(signs, literals[1:], strict=True):
        if sign == "*":
            over, under = over * factor, under * divisor
        elif sign == "/":
            over, under = over * divisor, under * factor
        else:
            top, bottom = top * under + over * bottom, bottom * under
            over, under = (factor if sign == "+" else -factor), divisor
    return top * under + over * bottom, bottom * under
