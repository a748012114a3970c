"""Computations as people write them, `3/4 * (20% + 1)`: evaluated exactly, within caps."""

import re
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from math import comb, factorial, isqrt
from typing import Final, NamedTuple

Number = int | Fraction
Literal = tuple[Number, int, int, int, bool]
"""(value, its top, its bottom, decimals, percent) of one number."""

MAX_DIGITS: Final = 18
MAX_BITS: Final = 1_000
MAX_DEPTH: Final = 10
MAX_COUNTED: Final = 60  # 60! has 82 digits

# One character each; where neither ASCII nor Unicode has one, from the private use area.
ROOT: Final = "√"
MODULO: Final = "\ue010"
CHOOSE: Final = "\ue011"
ABSOLUTE: Final = "\ue012"
SIGNS: Final = "()+-*/^!" + ROOT + MODULO + CHOOSE + ABSOLUTE

_NUMBER: Final = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)%?"
_LITERAL: Final = re.compile(_NUMBER, re.ASCII)
_OPERATOR: Final = re.compile(r" *([-+*/]) *")
_TOKEN: Final = re.compile(rf"\d+ \d+/\d+(?![\d.])|{_NUMBER}|[{re.escape(SIGNS)}]")
# Roots that are not rational are computed to so many bits after the point.
_ROOT_BITS: Final = 80
INEXACT: Final = Fraction(1, 10**12)


class Side(NamedTuple):
    """One side of an equality: a value, and the numbers and operators that it comes from.

    `decimals` are the digits after the point of the longest number; a percent sign adds two.
    `inexact` is set where a root is not rational: the value is right to `INEXACT`, relatively.
    """

    value: Number
    operands: tuple[Number, ...]
    operators: str
    decimals: int
    percent: bool
    inexact: bool = False


def read_side(text: str) -> Side | None:
    """The number or computation that a text is; `None` where it is neither, or beyond the caps."""
    text = text.strip(" $")
    if text.isdigit() and len(text) <= MAX_DIGITS:
        number = int(text)
        return Side(number, (number,), "", 0, False)
    text = text.replace("$", "")
    return _read_flat(text) or _read_nested(text)


def ratio(top: int, bottom: int) -> Number:
    """An int where the quotient is one: ints are many times faster than fractions."""
    quotient, remainder = divmod(top, bottom)
    return quotient if remainder == 0 else Fraction(top, bottom)


@lru_cache(maxsize=4096)
def read_literal(token: str) -> Literal | None:
    """One number; `None` for what is none, or has too many digits."""
    if len(token) > MAX_DIGITS or not _LITERAL.fullmatch(token):
        return None
    percent = token[-1] == "%"
    whole, _, after = token.rstrip("%").replace(",", "").partition(".")
    top, bottom = int(whole + after), 10 ** (len(after) + 2 * percent)
    return ratio(top, bottom), top, bottom, len(after), percent


def _read_flat(text: str) -> Side | None:
    """Numbers joined by the four operators, without brackets: nearly all there is."""
    parts = _OPERATOR.split(text)
    literal = read_literal(parts[0])
    if literal is None:
        return None
    value, top, bottom, decimals, percent = literal
    decimals += 2 * percent
    if len(parts) == 1:
        return Side(value, (value,), "", decimals, percent)
    operands = [value]
    # The sum of the terms before, and the term that is being read, as ratios of integers.
    sum_top, sum_bottom = 0, 1
    operators = parts[1::2]
    for operator, token in zip(operators, parts[2::2], strict=True):
        literal = read_literal(token)
        if literal is None:
            return None
        value, over, under, places, has_percent = literal
        operands.append(value)
        decimals = max(decimals, places) + 2 * has_percent
        percent = percent or has_percent
        if operator == "*":
            top, bottom = top * over, bottom * under
        elif operator == "/":
            top, bottom = top * under, bottom * over
        else:
            sum_top, sum_bottom = sum_top * bottom + top * sum_bottom, sum_bottom * bottom
            top, bottom = (over if operator == "+" else -over), under
    sum_top, sum_bottom = sum_top * bottom + top * sum_bottom, sum_bottom * bottom
    if sum_bottom == 0:  # there was a division by zero
        return None
    return Side(ratio(sum_top, sum_bottom), tuple(operands), "".join(operators), decimals, percent)


def _read_nested(text: str) -> Side | None:
    tokens = _TOKEN.findall(text)
    # What the tokens do not cover is neither number nor operator.
    if not tokens or len("".join(tokens).replace(" ", "")) != len(text.replace(" ", "")):
        return None
    reader = _Reader(tokens)
    try:
        value = reader.sum(0)
    except (_NotArithmeticError, ZeroDivisionError):
        return None
    if not reader.finished:
        return None
    return Side(
        value,
        tuple(reader.operands),
        "".join(reader.operators),
        reader.decimals,
        reader.percent,
        reader.inexact,
    )


class _NotArithmeticError(Exception):
    """The text is no computation."""


class _Reader:
    """Evaluates tokens by precedence, noting operands and operators on the way."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._index = 0
        self.operands: list[Number] = []
        self.operators: list[str] = []
        self.decimals = 0
        self.percent = False
        self.inexact = False

    @property
    def finished(self) -> bool:
        return self._index == len(self._tokens)

    def _peek(self) -> str:
        return self._tokens[self._index] if self._index < len(self._tokens) else ""

    def sum(self, depth: int) -> Number:
        if depth > MAX_DEPTH:
            raise _NotArithmeticError
        negative = self._peek() == "-"
        if negative:
            self._index += 1
        value = self._product(depth)
        if negative:
            value = -value
        while (operator := self._peek()) in ("+", "-"):
            self._index += 1
            self.operators.append(operator)
            term = self._product(depth)
            value = value + term if operator == "+" else value - term
        return value

    def _product(self, depth: int) -> Number:
        value = self._power(depth)
        while (operator := self._peek()) in _FACTORS:
            explicit = operator in _OPERATIONS
            if explicit:
                self._index += 1
            self.operators.append(operator if explicit else "*")
            factor = self._power(depth)
            value = _OPERATIONS[operator](value, factor) if explicit else value * factor
        return value

    def _power(self, depth: int) -> Number:
        base = self._atom(depth)
        if self._peek() == "!":
            base = _factorial(base)
            self._index += 1
            self.operators.append("!")
        if self._peek() != "^":
            return base
        self._index += 1
        exponent = self._atom(depth)
        if not isinstance(exponent, int) or not 0 <= exponent <= 64:
            raise _NotArithmeticError
        # Powers of powers grow without bound otherwise: ((9^64)^64)^64.
        if max(base.numerator.bit_length(), base.denominator.bit_length()) * exponent > MAX_BITS:
            raise _NotArithmeticError
        self.operators.append("^")
        power: Number = base**exponent
        return power

    def _atom(self, depth: int) -> Number:
        token = self._peek()
        self._index += 1
        if token == "(":
            value = self.sum(depth + 1)
            if self._peek() != ")":
                raise _NotArithmeticError
            self._index += 1
            return value
        if token == "-" and depth < MAX_DEPTH:
            return -self._atom(depth + 1)
        if token in (ROOT, ABSOLUTE) and depth < MAX_DEPTH:
            self.operators.append(token)
            argument = self._atom(depth + 1)
            if token == ROOT:
                return self._root(argument)
            return -argument if argument < 0 else argument
        number = self._number(token)
        self.operands.append(number)
        return number

    def _root(self, value: Number) -> Number:
        if value < 0:
            raise _NotArithmeticError
        top, bottom = value.numerator, value.denominator
        roots = isqrt(top), isqrt(bottom)
        if roots[0] ** 2 == top and roots[1] ** 2 == bottom:
            return ratio(*roots)
        self.inexact = True
        scale = 1 << (2 * _ROOT_BITS)
        return Fraction(isqrt(top * scale // bottom), 1 << _ROOT_BITS)

    def _number(self, token: str) -> Number:
        if " " in token and len(token) <= MAX_DIGITS:  # 1 1/2
            whole, fraction = token.split(" ")
            return int(whole) + Fraction(fraction)
        literal = read_literal(token)
        if literal is None:
            raise _NotArithmeticError
        value, _, _, decimals, percent = literal
        self.decimals = max(self.decimals, decimals) + 2 * percent
        self.percent = self.percent or percent
        return value


def _factorial(number: Number) -> Number:
    if not isinstance(number, int) or not 0 <= number <= MAX_COUNTED:
        raise _NotArithmeticError
    return factorial(number)


def _choose(above: Number, below: Number) -> Number:
    if not (isinstance(above, int) and isinstance(below, int) and 0 <= below <= above <= 1_000):
        raise _NotArithmeticError
    if min(below, above - below) > MAX_COUNTED:
        raise _NotArithmeticError
    return comb(above, below)


def _modulo(left: Number, right: Number) -> Number:
    remainder: Number = left % right
    return remainder


def _multiply(left: Number, right: Number) -> Number:
    return left * right


def _divide(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int):
        return ratio(left, right)
    return Fraction(left) / Fraction(right)


_OPERATIONS: Final[dict[str, Callable[[Number, Number], Number]]] = {
    "*": _multiply, "/": _divide, MODULO: _modulo, CHOOSE: _choose,
}  # fmt: skip
# What a product goes on with: these, or a factor without a sign before it.
_FACTORS: Final = frozenset((*_OPERATIONS, "(", ROOT, ABSOLUTE))
