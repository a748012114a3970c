"""Arithmetic that a trace states: `16 - 3 - 4 = 9`, checked exactly. Words are not interpreted."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

Number = int | Fraction

MAX_DIGITS: Final = 18
MAX_RUN: Final = 240
MAX_EQUATIONS: Final = 200
MAX_DEPTH: Final = 10

# `12 eggs * 3`: the unit between a number and an operator is dropped; `2x + 1` is left alone.
_UNIT: Final = re.compile(r"(?<=[\d%)]) ?[A-Za-z]{2,20}(?: [a-z]{2,20})?(?= ?[-+*/=]\s?[$(\d.])")
_CROSS: Final = re.compile(r"(?<=[\d)%]) ?[xX] ?(?=[\d($.])")
_RUN: Final = re.compile(r"[\d.,$%()+\-*/^ =]{0,240}=[\d.,$%()+\-*/^ =]{1,240}")
_BREAK: Final = re.compile(r"[.,](?=\s|$)")
_TOKEN: Final = re.compile(
    r"\s*(?:(\d+ \d+/\d+(?![\d.]))|(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(%?)|([-+*/^()]))"
)
_SYMBOLS: Final = str.maketrans(
    {"×": "*", "÷": "/", "−": "-", "–": "-", "·": "*", "€": "$", "£": "$"}
)
_PERCENT_OF: Final = re.compile(r"% of (?=[$\d(])")


@dataclass(frozen=True, slots=True)
class Equation:
    """One stated equality between a computation and a value.

    `operands` are the numbers on the side that computes; `trivial` marks x + 0, x * 1 and the like.
    """

    text: str
    operands: tuple[Number, ...]
    value: Number
    true: bool
    trivial: bool


def find_equations(text: str) -> list[Equation]:
    """All `a ∘ b = c` in a text, in order; of a chain each adjacent pair. Linear in the text."""
    if "=" not in text:
        return []
    if not text.isascii():
        text = text.translate(_SYMBOLS)
    text = text.replace("\\times", "*").replace("\\div", "/").replace("\\$", "$")
    if "x" in text or "X" in text:
        text = _CROSS.sub("*", text)
    if "% of" in text:
        text = _PERCENT_OF.sub("%*", text)
    text = _UNIT.sub("", text)
    equations: list[Equation] = []
    for run in _RUN.finditer(text):
        before = text[run.start() - 1 : run.start()]
        for piece in _BREAK.split(run.group()):
            if "=" in piece:
                equations.extend(_read_chain(piece, before))
            before = ""
        if len(equations) > MAX_EQUATIONS:
            break
    return equations


@dataclass(frozen=True, slots=True)
class _Side:
    value: Number
    operands: tuple[Number, ...]
    operators: str
    decimals: int
    percent: bool


def _read_chain(text: str, before: str) -> list[Equation]:
    sides = text.split("=")
    read = [_read_side(side) for side in sides]
    if before.isalnum() and not sides[0][:1].isspace():
        read[0] = None  # the run begins inside a word: `y2 + 3 = 5`
    found: list[Equation] = []
    for index in range(len(read) - 1):
        left, right = read[index], read[index + 1]
        if left is None or right is None or not (left.operators or right.operators):
            continue
        computed = left if left.operators else right
        found.append(
            Equation(
                text=f"{sides[index].strip()}={sides[index + 1].strip()}",
                operands=computed.operands,
                value=right.value,
                true=_agree(left, right),
                trivial=_is_trivial(computed),
            )
        )
    return found


def _agree(left: _Side, right: _Side) -> bool:
    if left.value == right.value:
        return True
    if left.percent != right.percent and left.value in (
        right.value * 100,
        Fraction(right.value, 100),
    ):
        return True
    # A stated decimal may be the rounding or the truncation of an exact quotient.
    if right.operators or not right.decimals:
        return False
    return abs(left.value - right.value) < Fraction(1, 10**right.decimals)


def _is_trivial(side: _Side) -> bool:
    if len(side.operands) != 2 or len(side.operators) != 1:
        return False
    operator, (left, right) = side.operators, side.operands
    if operator in "+-":
        return right == 0 or (left == 0 and operator == "+")
    return right == 1 or (left == 1 and operator == "*") or 0 in (left, right)


def _read_side(text: str) -> _Side | None:
    tokens = _tokenize(text)
    if not tokens:
        return None
    reader = _Reader(tokens)
    try:
        value = reader.sum(0)
    except (_NotArithmeticError, ZeroDivisionError):
        return None
    if not reader.finished:
        return None
    return _Side(
        value, tuple(reader.operands), "".join(reader.operators), reader.decimals, reader.percent
    )


class _NotArithmeticError(Exception):
    """The text is no computation."""


def _tokenize(text: str) -> list[str] | None:
    text = text.replace("$", "").strip()
    tokens: list[str] = []
    index = 0
    while index < len(text):
        match = _TOKEN.match(text, index)
        if match is None:
            return None
        mixed, number, percent, operator = match.groups()
        tokens.append(mixed or (number + percent if number else operator))
        index = match.end()
    return tokens


class _Reader:
    """Evaluates tokens by precedence, noting operands and operators on the way."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._index = 0
        self.operands: list[Number] = []
        self.operators: list[str] = []
        self.decimals = 0
        self.percent = False

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
        while (operator := self._peek()) in ("*", "/", "("):
            if operator != "(":
                self._index += 1
            self.operators.append("*" if operator == "(" else operator)
            factor = self._power(depth)
            value = _divide(value, factor) if operator == "/" else value * factor
        return value

    def _power(self, depth: int) -> Number:
        base = self._atom(depth)
        if self._peek() != "^":
            return base
        self._index += 1
        exponent = self._atom(depth)
        if not isinstance(exponent, int) or not 0 <= exponent <= 12:
            raise _NotArithmeticError
        self.operators.append("^")
        return base**exponent

    def _atom(self, depth: int) -> Number:
        token = self._peek()
        self._index += 1
        if token == "(":
            value = self.sum(depth + 1)
            if self._peek() != ")":
                raise _NotArithmeticError
            self._index += 1
            return value
        if token == "-":
            return -self._atom(depth + 1) if depth < MAX_DEPTH else self._fail()
        if not token or not (token[0].isdigit() or token[0] == "."):
            return self._fail()
        value = self._number(token)
        self.operands.append(value)
        return value

    def _fail(self) -> Number:
        raise _NotArithmeticError

    def _number(self, token: str) -> Number:
        if len(token) > MAX_DIGITS:
            raise _NotArithmeticError
        if " " in token:
            whole, fraction = token.split(" ")
            return int(whole) + Fraction(fraction)
        percent = token[-1] == "%"
        digits = token.rstrip("%").replace(",", "")
        value: Number
        if "." in digits:
            self.decimals = max(self.decimals, len(digits) - digits.index(".") - 1)
            value = Fraction(digits)
        else:
            value = int(digits)
        if percent:
            self.percent = True
            value = Fraction(value, 100)
            self.decimals += 2
        return value


def _divide(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int):
        quotient, remainder = divmod(left, right)
        return quotient if remainder == 0 else Fraction(left, right)
    return left / right
