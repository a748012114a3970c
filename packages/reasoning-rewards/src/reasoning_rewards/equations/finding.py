"""Arithmetic that a trace states: `16 - 3 - 4 = 9`, checked exactly. Words are not interpreted."""

import re
from typing import Final

from reasoning_rewards.equations.arithmetic import SIGNS, read_side
from reasoning_rewards.equations.checking import Equation, checked, is_share
from reasoning_rewards.equations.notation import APPROXIMATELY, plain_notation
from reasoning_rewards.equations.shapes import (
    CROSS,
    MAX_EQUATIONS,
    UNIT,
    WORD,
    equations_with_units,
    simple_at,
    simple_equations,
)

MAX_RUN: Final = 240

# `$12/day / 6 hours/day = $2/hour`: the unit of a rate.
_RATE: Final = re.compile(r"(?<=[\d%])(?: ?/ ?[A-Za-z]{2,20})+(?![A-Za-z(])")
# `200 m + 200 m = 400 m`: where the result has the letter, it is a unit.
_LETTER: Final = re.compile(r"= ?\d[\d,]{0,14}(?:\.\d{1,9})? ?([mgLlhs])\b(?! ?[-+*/=^])")
# `$400 000`, `= 18 000`
_SPACED: Final = re.compile(r"(?:(?<=\$)|(?<==)|(?<== ))\d{1,3}(?: \d{3})++(?![,.]?\d)")
# `93 (average) * 5 (tests)`: what a number is.
_ASIDE: Final = re.compile(r"(?<=[\w%]) \([A-Za-z][A-Za-z', ]{2,60}\)")
# `4 + Ann has 6 = 10`
_SUBJECT: Final = re.compile(rf"(?<=[-+*/]) (?:{WORD} ){{1,4}}(?=[$(\d])")
_OPERATOR: Final = re.compile(r"[-+*/]")
# An `x` among the words may multiply.
_SIGNED: Final = re.compile(f"[{re.escape(SIGNS)}xX]")
_TIMES_AMONG_WORDS: Final = re.compile(r"\d ?[A-Za-z]* [xX] ")
_TIMES: Final = (" x", " X")
_CROSSED: Final = re.compile(r"[xX] ?[$(\d]")
_ALLOWED: Final = "0123456789.,$% =" + SIGNS + APPROXIMATELY
_TIGHT: Final = re.compile(r"(?<=\d)[.,](?=\d)")
# Also `20 / 10 = 2 $10 bills`.
_BREAK: Final = re.compile(r"[.,](?=\s|$)|(?<=\d) (?=\$\d)")


def find_equations(text: str) -> list[Equation]:
    """All `a ∘ b = c` in a text, in order; of a chain each adjacent pair. Linear in the text."""
    return equations_in(plain_notation(text))


def equations_in(text: str) -> list[Equation]:
    """`find_equations` for a text that is in plain notation already."""
    if ("x" in text or "X" in text) and _CROSSED.search(text):
        text = CROSS.sub("*", text)
    stated = text.count("=")
    found = simple_equations(text, stated)
    if found is None:
        found = equations_with_units(text, stated)
    if found is not None:
        return found
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


def _every_equation(text: str) -> list[Equation]:
    equations: list[Equation] = []
    equals = text.find("=")
    end = looked_at = 0
    while equals >= 0 and looked_at < MAX_EQUATIONS:
        looked_at += 1
        begin = _begin_of_run(text, equals, end)
        # `60 students x 2/3 = 40`: the run begins after an `x` that multiplies.
        in_words = begin > end and text[begin - 2 : begin] in _TIMES
        simple = None if in_words else simple_at(text, begin, equals + MAX_RUN)
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
            if simple := simple_at(text, begin, equals + MAX_RUN):
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
    cleaned = UNIT.sub("", text[window : equals + 3])
    if _SUBJECT.search(cleaned):
        cleaned = UNIT.sub("", _SUBJECT.sub(" ", cleaned))
    if "x" in cleaned or "X" in cleaned:
        cleaned = CROSS.sub("*", cleaned)
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
        if left and right and (left.operators or right.operators) and not is_share(left, right):
            written = f"{sides[index - 1].strip()}={sides[index].strip()}"
            found.append(checked(written, left, right, roughly=roughly))
        left = right
    return found
