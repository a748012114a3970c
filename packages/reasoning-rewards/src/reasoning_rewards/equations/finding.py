"""Arithmetic that a trace states: `16 - 3 - 4 = 9`, checked exactly. Words are not interpreted."""

import re
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

from reasoning_rewards.equations.arithmetic import (
    INEXACT,
    SIGNS,
    Number,
    Side,
    ratio,
    read_literal,
    read_side,
)
from reasoning_rewards.equations.notation import APPROXIMATELY, plain_notation

MAX_RUN: Final = 240
MAX_EQUATIONS: Final = 200

# `12 eggs * 3`: the unit between a number and an operator is dropped; `2x + 1` is left alone.
_WORD: Final = r"[A-Za-z]{2,20}(?:['-][A-Za-z]{1,12})?"
_UNITS: Final = (
    rf"(?: ?/ ?[A-Za-z]{{1,20}}| ?-?{_WORD}|(?: [aA] {_WORD}))"
    rf"(?: {_WORD}| a(?= )|/[A-Za-z]{{1,20}}){{0,6}}"
)
_UNIT: Final = re.compile(
    rf"(?<=[\d%)!]){_UNITS}(?= ?(?:[-+*/=]|≈=) ?[$(\d.A-Z]| [xX] [$(\d.]|\)+ ?[-+*/=])"
)
# `$12/day / 6 hours/day = $2/hour`: the unit of a rate.
_RATE: Final = re.compile(r"(?<=[\d%])(?: ?/ ?[A-Za-z]{2,20})+(?![A-Za-z(])")
# `200 m + 200 m = 400 m`: where the result has the letter, it is a unit.
_LETTER: Final = re.compile(r"= ?\d[\d,]{0,14}(?:\.\d{1,9})? ?([mgLlhs])\b(?! ?[-+*/=^])")
# `$400 000`, `= 18 000`
_SPACED: Final = re.compile(r"(?:(?<=\$)|(?<==)|(?<== ))\d{1,3}(?: \d{3})++(?![,.]?\d)")
# `93 (average) * 5 (tests)`: what a number is.
_ASIDE: Final = re.compile(r"(?<=[\w%]) \([A-Za-z][A-Za-z', ]{2,60}\)")
# `4 + Ann has 6 = 10`
_SUBJECT: Final = re.compile(rf"(?<=[-+*/]) (?:{_WORD} ){{1,4}}(?=[$(\d])")
_TERM_BEFORE: Final = re.compile(rf"[-+*/] (?:{_WORD} ){{1,4}}$")
_CROSS: Final = re.compile(r"(?<=[\d)%]) ?[xX] ?(?=[\d($.])")
_OPERATOR: Final = re.compile(r"[-+*/]")
# An `x` among the words may multiply.
_SIGNED: Final = re.compile(f"[{re.escape(SIGNS)}xX]")
_TIMES_AMONG_WORDS: Final = re.compile(r"\d ?[A-Za-z]* [xX] ")
_TIMES: Final = (" x", " X")
_CROSSED: Final = re.compile(r"[xX] ?[$(\d]")
_ALLOWED: Final = "0123456789.,$% =" + SIGNS + APPROXIMATELY
# The commonest shapes by far, `a ∘ b = c` and `a ∘ b ∘ c = d` of whole numbers, are read without
# the general reader; so are computations of numbers with units, a little slower.
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
_WITH_UNITS: Final = re.compile(
    rf"[$.0-9]{_BEFORE}[\d,]{{0,14}}(?:(?<=\d)\.\d{{1,9}})?%?(?:{_UNITS})?"
    rf"(?:(?: ?[-+*/] ?| [xX] ){_AMOUNT}(?:{_UNITS})?){{1,8}} ?= ?{_AMOUNT}{_AFTER}"
)
_GROUPED: Final = re.compile(r"\d{1,3}(?:,\d{3})+")
# A number of `_WITH_UNITS`, and the sign before it.
_TERM: Final = re.compile(r"([-+*/=xX]?) ?\$?(\d(?:[\d,]*\d)?(?:\.\d+)?%?|\.\d+%?)")
_TIMES_SIGNS: Final = frozenset("*xX")
_TIGHT: Final = re.compile(r"(?<=\d)[.,](?=\d)")
# Also `20 / 10 = 2 $10 bills`.
_BREAK: Final = re.compile(r"[.,](?=\s|$)|(?<=\d) (?=\$\d)")


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
    return equations_in(plain_notation(text))


def equations_in(text: str) -> list[Equation]:
    """`find_equations` for a text that is in plain notation already."""
    if ("x" in text or "X" in text) and _CROSSED.search(text):
        text = _CROSS.sub("*", text)
    stated = text.count("=")
    simple = _SIMPLE_ANYWHERE.findall(text)
    if len(simple) == stated <= MAX_EQUATIONS:
        if stated == 1:
            if equation := _simple_equation(*simple[0]):
                return [equation]
        else:
            equations = [_simple_equation(*parts) for parts in simple]
            if None not in equations:
                return equations  # type: ignore[return-value]
    spans = list(_WITH_UNITS.finditer(text))
    if len(spans) == stated <= MAX_EQUATIONS:
        found = [_equation_with_units(span) for span in spans]
        if None not in found:
            return [equation for equations in found if equations for equation in equations]
    if not _SIGNED.search(text):
        return []  # `the total = 8`
    return _every_equation(_without_notes(text))


def _without_notes(text: str) -> str:
    """The text without what stands beside its numbers: units of rates, remarks, lone letters."""
    if "/" in text:
        text = _RATE.sub("", text)
    if " (" in text:
        text = _ASIDE.sub("", text)
    if letter := _LETTER.search(text):
        text = re.sub(rf"(?<=\d) ?{letter[1]}\b", "", text)
    return _SPACED.sub(lambda match: match[0].replace(" ", ""), text)


def _equation_with_units(match: re.Match[str]) -> list[Equation] | None:
    """What one computation states, units dropped; `None` where it needs the general reader."""
    begin = match.start()
    if begin and _TERM_BEFORE.search(match.string[max(begin - 60, 0) : begin]):
        return None
    span = match.group()
    if equation := _of_terms(span):
        return [equation]
    span = _CROSS.sub("*", _UNIT.sub("", span))
    left_text, _, right_text = span.partition("=")
    left, right = read_side(left_text), read_side(right_text)
    if left is None or right is None:
        return None
    return [] if _is_share(left, right) else [_equation(span, left, right, roughly=False)]


def _of_terms(span: str) -> Equation | None:
    """A computation with units that is right, or a wrong one of whole numbers.

    `None` for all that needs a closer look: another wrong one may be rounded, or a share.
    """
    terms = _TERM.findall(span)
    literals = [literal for _, digits in terms if (literal := read_literal(digits))]
    if len(literals) < len(terms) or terms[0][0] or terms[-1][0] != "=":
        return None
    (value, stated_top, stated_bottom, _, _), *others = reversed(literals)
    _, over, under, _, _ = others.pop()
    top, bottom = 0, 1  # of the sum of the terms before the one that is being read
    signs = [sign for sign, _ in terms[1:-1]]
    for sign in signs:
        _, factor, divisor, _, _ = others.pop()
        if sign in _TIMES_SIGNS:
            over, under = over * factor, under * divisor
        elif sign == "/":
            over, under = over * divisor, under * factor
        else:
            top, bottom = top * under + over * bottom, bottom * under
            over, under = (factor if sign == "+" else -factor), divisor
    top, bottom = top * under + over * bottom, bottom * under
    if bottom == 0 or (top < bottom and signs == ["/"]):
        return None
    true = top * stated_bottom == stated_top * bottom
    if "." in span or "%" in span:
        if not true or span[-1] == ",":
            return None
        if span.casefold() != span.upper():
            span = _CROSS.sub("*", _UNIT.sub("", span))
            if span.casefold() != span.upper():
                return None
    operands = tuple([literal[0] for literal in literals[:-1]])
    trivial = len(signs) == 1 and _is_trivial(
        "*" if signs[0] in _TIMES_SIGNS else signs[0], operands
    )
    return Equation(span, operands, value, true, trivial)


def _every_equation(text: str) -> list[Equation]:
    equations: list[Equation] = []
    equals = text.find("=")
    end = looked_at = 0
    while equals >= 0 and looked_at < MAX_EQUATIONS:
        looked_at += 1
        begin = _begin_of_run(text, equals, end)
        # `60 students x 2/3 = 40`: the run begins after an `x` that multiplies.
        in_words = begin > end and text[begin - 2 : begin] in _TIMES
        simple = None if in_words else _read_simple(text, begin, equals)
        if simple:
            equation, end = simple
            equations.append(equation)
        else:
            text, end = _read_general(text, begin, equals, end, in_words, equations)
        equals = text.find("=", end)
    return equations


def _begin_of_run(text: str, equals: int, floor: int) -> int:
    """Where the arithmetic characters before an equals sign begin, at most `MAX_RUN` back."""
    if equals - floor > MAX_RUN:
        floor = equals - MAX_RUN
    return floor + len(text[floor:equals].rstrip(_ALLOWED))


def _end_of_run(text: str, equals: int) -> int:
    right = text[equals : equals + MAX_RUN]
    return equals + len(right) - len(right.lstrip(_ALLOWED))


def _read_simple(text: str, begin: int, equals: int) -> tuple[Equation, int] | None:
    """An equation of the commonest shapes and the end of its run."""
    match = _SIMPLE.match(text, begin, equals + MAX_RUN)
    if match is None or _ends_word(text, begin):
        return None
    equation = _simple_equation(*match.groups(""))
    return (equation, match.end()) if equation else None


@lru_cache(maxsize=4096)
def _simple_equation(
    first: str, operator: str, second: str, operator_2: str, third: str, stated: str
) -> Equation | None:
    """Read the parts of a simple shape; `None` for what may be a share: `3/4 = 15`."""
    first = first.lstrip("$")
    if "," in first and not _GROUPED.fullmatch(first):
        return None
    left, right, value = _whole(first), _whole(second), _whole(stated)
    if not third:
        if operator == "*":
            true = left * right == value
        elif operator == "/":
            if left < right:
                return None
            true = right != 0 and left == value * right
        else:
            true = (left + right if operator == "+" else left - right) == value
        # Only 0 and 1 can make a computation trivial.
        trivial = (left <= 1 or right <= 1) and _is_trivial(operator, (left, right))
        return Equation(f"{first}{operator}{second}={stated}", (left, right), value, true, trivial)
    last = _whole(third)
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


def _ends_word(text: str, begin: int) -> bool:
    """Whether a run begins inside a word, as in `y2 + 3 = 5`."""
    return text[begin] != " " and text[begin - 1 : begin].isalnum()


def _whole(digits: str) -> int:
    return int(digits.replace(",", "") if "," in digits else digits)


def _apply(operator: str, left: Number, right: Number) -> Number:
    if operator == "*":
        return left * right
    return left + right if operator == "+" else left - right


def _read_general(
    text: str, begin: int, equals: int, floor: int, in_words: bool, equations: list[Equation]
) -> tuple[str, int]:
    """Read any run into `equations`; the text, from which units are dropped, and the run's end."""
    finish = _end_of_run(text, equals)
    if begin > floor:
        left = text[begin:equals].lstrip()
        if not left and _computes_nothing(text, floor, begin, equals, finish):
            return text, finish  # `the total = 25`
        if in_words or not left or left[0] in "*/+-)=%":
            cleaned = _without_units(text, floor, equals)
            its_equals = cleaned.find("=", floor)
            its_begin = _begin_of_run(cleaned, its_equals, floor)
            if not _OPERATOR.search(cleaned, its_begin, its_equals):
                # `$15 an hour = 15 * 7`: a number with words computes nothing.
                return text, equals + 1
            text, equals, begin = cleaned, its_equals, its_begin
            if simple := _read_simple(text, begin, equals):
                equations.append(simple[0])
                return text, simple[1]
            finish = _end_of_run(text, equals)
    before = text[begin - 1 : begin]
    for piece in _BREAK.split(text[begin:finish]):
        if "=" in piece:
            equations.extend(_read_piece(piece, before))
        before = ""
    return text, finish


def _computes_nothing(text: str, floor: int, begin: int, equals: int, finish: int) -> bool:
    """No second equality in the run, and no operator among the words before it."""
    if text.find("=", equals + 1, finish) >= 0:
        return False
    floor = max(begin - MAX_RUN, floor)
    if _OPERATOR.search(text, floor, begin):
        return False
    return "x" not in text.casefold() or not _TIMES_AMONG_WORDS.search(text, floor, begin)


def _without_units(text: str, floor: int, equals: int) -> str:
    """The text with the units left of an equals sign dropped."""
    window = max(equals - MAX_RUN, floor)
    # The equals sign itself is in the window: a unit may stand right before it.
    cleaned = _UNIT.sub("", text[window : equals + 3])
    if _SUBJECT.search(cleaned):
        cleaned = _UNIT.sub("", _SUBJECT.sub(" ", cleaned))
    if "x" in cleaned or "X" in cleaned:
        cleaned = _CROSS.sub("*", cleaned)
    return text[:window] + cleaned + text[equals + 3 :]


def _read_piece(piece: str, before: str) -> list[Equation]:
    """A chain; where it does not hold, perhaps several without a space between: `1+1=2.2+2=4`."""
    found = _read_chain(piece, before)
    if (found and _all_true(found)) or not _TIGHT.search(piece):
        return found
    parts = [part for part in _TIGHT.split(piece) if part]
    apart = [equation for part in parts for equation in _read_chain(part, before)]
    return apart if len(apart) >= max(len(parts), 2) and _all_true(apart) else found


def _all_true(equations: list[Equation]) -> bool:
    return all(equation.true for equation in equations)


def _read_chain(text: str, before: str) -> list[Equation]:
    # `= 72 (dollars)`: the bracket belongs to the words.
    sides = text.rstrip("( ").split("=")
    inside_word = before.isalnum() and not sides[0][:1].isspace()
    nearly = APPROXIMATELY in text
    left = None if inside_word else read_side(sides[0].lstrip("! ").rstrip(APPROXIMATELY))
    found: list[Equation] = []
    for index in range(1, len(sides)):
        roughly = nearly and sides[index - 1].endswith(APPROXIMATELY)
        right = read_side(sides[index].rstrip(APPROXIMATELY) if nearly else sides[index])
        if left and right and (left.operators or right.operators) and not _is_share(left, right):
            written = f"{sides[index - 1].strip()}={sides[index].strip()}"
            found.append(_equation(written, left, right, roughly))
        left = right
    return found


def _equation(written: str, left: Side, right: Side, roughly: bool) -> Equation:
    computing = left if left.operators else right
    operands = computing.operands
    trivial = len(operands) == 2 and _is_trivial(computing.operators, operands)
    true = _agree(left, right) or (roughly and _is_rounding(left.value, right))
    return Equation(written, operands, right.value, true, trivial)


def _is_share(left: Side, right: Side) -> bool:
    """`3/4 = $15`: what three quarters of something come to, not a false division."""
    return (
        left.operators == "/"
        and not right.operators
        and 0 < left.value < 1
        and not right.decimals
        and isinstance(right.value, int)
    )


def _agree(left: Side, right: Side) -> bool:
    if left.value == right.value:
        return True
    if left.percent != right.percent and left.value in (
        right.value * 100,
        Fraction(right.value, 100),
    ):
        return True
    if (left.inexact or right.inexact) and _differ_by(left.value, right.value) <= INEXACT:
        return True
    # A stated decimal may be the rounding or the truncation of an exact quotient.
    if right.operators or not right.decimals:
        return False
    exact, stated = Fraction(left.value), Fraction(right.value)
    gap = exact - stated
    last_place = Fraction(1, 10**right.decimals)
    cut_off = abs(exact) - abs(stated)
    return abs(gap) * 2 <= last_place or (0 <= cut_off == abs(gap) < last_place)


def _differ_by(left: Number, right: Number) -> Fraction:
    """The difference as a share of the left value."""
    return abs(Fraction(left) - Fraction(right)) / (abs(Fraction(left)) or 1)


def _is_rounding(value: Number, stated: Side) -> bool:
    """Whether `≈` holds: rounded to the last digit that is written and not a trailing zero."""
    if stated.operators:
        return _differ_by(value, stated.value) <= Fraction(1, 100)
    place = Fraction(1, 10**stated.decimals)
    if not stated.decimals and isinstance(stated.value, int) and stated.value:
        while stated.value % (place * 10) == 0:
            place *= 10
    return abs(Fraction(value) - Fraction(stated.value)) * 2 <= place


def _is_trivial(operators: str, operands: tuple[Number, ...]) -> bool:
    if len(operands) != 2 or len(operators) != 1:
        return False
    left, right = operands
    if operators in "+-":
        return right == 0 or (left == 0 and operators == "+")
    return right == 1 or (left == 1 and operators == "*") or 0 in (left, right)
