"""An algebraic expression as an answer, with an optional unit or percent sign behind it."""

import re
from contextlib import suppress
from fractions import Fraction
from typing import Final

from reasoning_rewards.answers import algebra, expression, units
from reasoning_rewards.answers.expression import Node, Operation
from reasoning_rewards.answers.forms import Scalar
from reasoning_rewards.answers.quantity import read_unit
from reasoning_rewards.answers.values import UndefinedValueError

_REPEATING: Final = re.compile(
    r"(?P<whole>\d*)\.(?P<fixed>\d*)"
    r"(?:\u0305(?P<bar>\d+)\u0305|\((?P<round>\d+)\)|(?P<dots>\d\u0307(?:\d*\d\u0307)?))"
)
# `0.1666...`: the digits before the dots repeat, thrice one or twice a longer block.
_CONTINUED: Final = re.compile(r"(?P<whole>\d{0,20})\.(?P<digits>\d{2,60})\.\.\.")
_BLOCK: Final = re.compile(
    r"(?P<fixed>\d*?)(?:(?P<one>\d)(?P=one){2,}|(?P<block>\d{2,8}?)(?P=block)+)"
)
# Dots say that the value goes on: such a decimal counts as cut off however short it is.
CONTINUED_DIGITS: Final = 7
MIN_CUT_DIGITS: Final = 3
_FINAL_PERCENT: Final = re.compile(r"(?:%|\bpercent|\bpct)$")
_FINAL_WORDS: Final = re.compile(r"(?<= )(?:[A-Za-z]{2,20}(?:\^\(?\d\)?)?[ /]?){1,4}$")
_NUMERIC_END: Final = re.compile(r"(?:[\d)°]|\bpi)$")


def read_expression(text: str) -> Scalar | None:
    if "." in text and (number := _read_repeating(text)):
        return number
    text = text.replace("\u2009", " ")
    percent = _FINAL_PERCENT.search(text)
    body, unit = _without_unit(text[: percent.start()] if percent else text)
    node = expression.parse(body)
    if node.operation is Operation.NAME and node.name != "pi":
        return None
    names = node.names()
    value = None
    if not names:
        with suppress(UndefinedValueError):
            value = algebra.evaluate(node, {})
    return Scalar(node, value, node.is_literal(), names, unit=unit, percent=percent is not None)


def _without_unit(text: str) -> tuple[str, str]:
    """`9 pi square units` without its unit: words of two and more letters after a number."""
    if text.startswith(("$", "€", "£")):
        return text[1:], units.CURRENCIES[text[:1]]
    found = _FINAL_WORDS.search(text)
    if found is None:
        return text, ""
    body = text[: found.start()].rstrip()
    unit = read_unit(" " + found.group(), attached=False, singular=True)
    if unit is None or unit.startswith(units.UNKNOWN) or not _NUMERIC_END.search(body):
        return text, ""
    return body, unit


def _read_repeating(text: str) -> Scalar | None:
    sign = text[:1] == "-"
    match = _REPEATING.fullmatch(text.lstrip("-").rstrip("."))
    if match:
        block = match["bar"] or match["round"] or match["dots"].replace("\u0307", "")
        return _repeating(sign, match["whole"] or "0", match["fixed"], block)
    continued = _CONTINUED.fullmatch(text.lstrip("-"))
    if continued is None:
        return None
    whole, digits = continued["whole"] or "0", continued["digits"]
    block_match = _BLOCK.fullmatch(digits)
    if block_match:
        block = block_match["one"] or block_match["block"]
        return _repeating(sign, whole, block_match["fixed"], block)
    if digits == digits[0] * len(digits):  # `0.33...`
        return _repeating(sign, whole, "", digits[0])
    if len(digits) < MIN_CUT_DIGITS:
        return None
    value = Fraction(f"{whole}.{digits}") * (-1 if sign else 1)
    node = Node(Operation.NUMBER, value=value)
    count = max(len(digits), CONTINUED_DIGITS)
    return Scalar(node, value, literal=True, digits=count, decimals=len(digits))


def _repeating(negative: bool, whole: str, fixed: str, block: str) -> Scalar | None:
    if len(whole) + len(fixed) + len(block) > 100:
        return None
    value = Fraction(int(whole + fixed or "0"), 10 ** len(fixed)) + Fraction(
        int(block), 10 ** len(fixed) * (10 ** len(block) - 1)
    )
    if negative:
        value = -value
    return Scalar(Node(Operation.NUMBER, value=value), value, literal=True)
