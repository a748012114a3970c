"""Arithmetic that a trace states: `16 - 3 - 4 = 9`, checked exactly. Words are not interpreted."""

import re
from fractions import Fraction
from typing import Final, NamedTuple

Number = int | Fraction

MAX_DIGITS: Final = 18
MAX_BITS: Final = 1_000
MAX_RUN: Final = 240
MAX_EQUATIONS: Final = 200
MAX_DEPTH: Final = 10

# `12 eggs * 3`: the unit between a number and an operator is dropped; `2x + 1` is left alone.
_UNIT: Final = re.compile(
    r"(?<=[\d%)]) ?[A-Za-z]{2,20}(?:[ /][A-Za-z]{2,20}){0,2}(?= ?[-+*/=] ?[$(\d.]| [xX] [$(\d.])"
)
_CROSS: Final = re.compile(r"(?<=[\d)%]) ?[xX] ?(?=[\d($.])")
_OPERATOR: Final = re.compile(r"[-+*/]|\d ?[A-Za-z]* [xX] ")
_TIMES: Final = (" x", " X")
_CROSSED: Final = re.compile(r"[xX] ?[$(\d]")
_ALLOWED: Final = "0123456789.,$%()+-*/^ ="
# The commonest shapes by far, `a ∘ b = c` and `a ∘ b ∘ c = d` of whole numbers, read without the
# general reader.
_WHOLE: Final = r"\$?(\d{1,9}|\d{1,3}(?:,\d{3}){1,3})"
_SIMPLE: Final = re.compile(
    rf" *{_WHOLE} ?([-+*/]) ?{_WHOLE}(?: ?([-+*]) ?{_WHOLE})? ?= ?{_WHOLE}(?:\.0+)?[ .,]*"
)
_TIGHT: Final = re.compile(r"(?<=\d)[.,](?=\d)")
_BREAK: Final = re.compile(r"[.,](?=\s|$)")
_TOKEN: Final = re.compile(
    r"\d+ \d+/\d+(?![\d.])|(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)%?|[-+*/^()]"
)
_SYMBOLS: Final = str.maketrans(
    {"×": "*", "÷": "/", "−": "-", "–": "-", "·": "*", "€": "$", "£": "$"}
)
_PERCENT_OF: Final = re.compile(r"% of (?=[$\d(])")


class Equation(NamedTuple):
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
    start = text.find("=")
    if start < 0:
        return []
    if not text.isascii():
        text = text.translate(_SYMBOLS)
    if "\\" in text:
        text = text.replace("\\times", "*").replace("\\div", "/").replace("\\$", "$")
    if "% of" in text:
        text = _PERCENT_OF.sub("%*", text)
    if _CROSSED.search(text):
        text = _CROSS.sub("*", text)
    equations: list[Equation] = []
    start = text.find("=")
    end = looked_at = 0
    while start >= 0 and looked_at < MAX_EQUATIONS:
        looked_at += 1
        begin, finish = _run_around(text, start, end)
        if begin > end:
            left = text[begin:start].lstrip()
            if not left and _computes_nothing(text, end, begin, start, finish):
                end = finish  # `the total = 25`
                start = text.find("=", finish)
                continue
            # `60 students x 2/3 = 40`: the run begins after an `x` that multiplies.
            if not left or left[0] in "*/+-)=%" or text[begin - 2 : begin] in _TIMES:
                begin, text = _without_units(text, end, start)
                start = text.find("=", begin)
                _, finish = _run_around(text, start, begin)
        equations.extend(_read_run(text, begin, finish))
        end = finish
        start = text.find("=", finish)
    return equations


def _run_around(text: str, equals: int, floor: int) -> tuple[int, int]:
    """The bounds of the arithmetic characters around an equals sign, `MAX_RUN` to each side."""
    left = text[max(equals - MAX_RUN, floor) : equals]
    begin = equals - len(left) + len(left.rstrip(_ALLOWED))
    right = text[equals : equals + MAX_RUN]
    return begin, equals + len(right) - len(right.lstrip(_ALLOWED))


def _computes_nothing(text: str, floor: int, begin: int, equals: int, finish: int) -> bool:
    """No second equality in the run, and no operator among the words before it."""
    if text.find("=", equals + 1, finish) >= 0:
        return False
    return _OPERATOR.search(text, max(begin - MAX_RUN, floor), begin) is None


def _without_units(text: str, floor: int, equals: int) -> tuple[int, str]:
    """The text with the units left of an equals sign dropped, and where its run now begins."""
    window = max(equals - MAX_RUN, floor)
    # The equals sign itself is in the window: a unit may stand right before it.
    cleaned = _CROSS.sub("*", _UNIT.sub("", text[window : equals + 3]))
    text = text[:window] + cleaned + text[equals + 3 :]
    begin, _ = _run_around(text, text.find("=", window), window)
    return begin, text


def _read_run(text: str, begin: int, finish: int) -> list[Equation]:
    run = text[begin:finish]
    before = text[begin - 1 : begin] if begin else ""
    if not before.isalnum() or run[0] == " ":
        simple = _SIMPLE.fullmatch(run)
        if simple and (equation := _simple_equation(simple)):
            return [equation]
    found: list[Equation] = []
    for piece in _BREAK.split(run):
        if "=" in piece:
            found.extend(_read_piece(piece, before))
        before = ""
    return found


def _read_piece(piece: str, before: str) -> list[Equation]:
    """A chain; where it does not hold, perhaps several without a space between: `1+1=2.2+2=4`."""
    found = _read_chain(piece, before)
    if (found and all(equation.true for equation in found)) or not _TIGHT.search(piece):
        return found
    parts = [part for part in _TIGHT.split(piece) if part]
    apart = [equation for part in parts for equation in _read_chain(part, before)]
    split_well = len(apart) >= max(len(parts), 2) and all(equation.true for equation in apart)
    return apart if split_well else found


def _simple_equation(match: re.Match[str]) -> Equation | None:
    first, operator, second, operator_2, third, stated = match.groups()
    left, right, value = _whole(first), _whole(second), _whole(stated)
    text = match[0].strip(" .,")
    if third is not None:
        last = _whole(third)
        if operator == "/":
            return None
        if operator_2 == "*":
            result = _apply(operator, left, right * last)
        else:
            result = _apply(operator_2, _apply(operator, left, right), last)
        return Equation(text, (left, right, last), value, result == value, False)
    operands = (left, right)
    if operator == "/":
        true = right != 0 and left == value * right
    else:
        true = _apply(operator, left, right) == value
    return Equation(text, operands, value, true, _is_trivial(operator, operands))


def _whole(digits: str) -> int:
    return int(digits.replace(",", ""))


def _apply(operator: str, left: int, right: int) -> int:
    if operator == "*":
        return left * right
    return left + right if operator == "+" else left - right


class _Side(NamedTuple):
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
                trivial=_is_trivial(computed.operators, computed.operands),
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
    exact, stated = Fraction(left.value), Fraction(right.value)
    gap = exact - stated
    last_place = Fraction(1, 10**right.decimals)
    cut_off = abs(exact) - abs(stated)
    return abs(gap) * 2 <= last_place or (0 <= cut_off == abs(gap) < last_place)


def _is_trivial(operators: str, operands: tuple[Number, ...]) -> bool:
    if len(operands) != 2 or len(operators) != 1:
        return False
    left, right = operands
    if operators in "+-":
        return right == 0 or (left == 0 and operators == "+")
    return right == 1 or (left == 1 and operators == "*") or 0 in (left, right)


def _read_side(text: str) -> _Side | None:
    text = text.strip(" $")
    if text.isdigit() and len(text) <= MAX_DIGITS:
        number = int(text)
        return _Side(number, (number,), "", 0, False)
    text = text.replace("$", "")
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
    return _Side(
        value, tuple(reader.operands), "".join(reader.operators), reader.decimals, reader.percent
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
        if self._index >= len(self._tokens) or self._tokens[self._index] != "^":
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
        if token == "-":
            return -self._atom(depth + 1) if depth < MAX_DEPTH else self._fail()
        if token.isdigit() and len(token) <= MAX_DIGITS:
            number: Number = int(token)
        elif token and (token[0].isdigit() or token[0] == "."):
            number = self._number(token)
        else:
            return self._fail()
        self.operands.append(number)
        return number

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
        whole, _, after = digits.partition(".")
        self.decimals = max(self.decimals, len(after))
        value = _ratio(int(whole + after), 10 ** len(after))
        if percent:
            self.percent = True
            value = _ratio(int(whole + after), 10 ** (len(after) + 2))
            self.decimals += 2
        return value


def _divide(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int):
        return _ratio(left, right)
    return Fraction(left) / Fraction(right)


def _ratio(top: int, bottom: int) -> Number:
    """An int where the quotient is one: ints are many times faster than fractions."""
    quotient, remainder = divmod(top, bottom)
    return quotient if remainder == 0 else Fraction(top, bottom)
