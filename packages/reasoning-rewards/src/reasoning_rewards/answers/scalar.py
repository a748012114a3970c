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

_REPEATING: Final = re.compile(r"(\d*)\.(\d*)(?:\u0305(\d+)\u0305|\((\d+)\))")
_FINAL_PERCENT: Final = re.compile(r"(?:%|\bpercent|\bpct)$")
_FINAL_WORDS: Final = re.compile(r"(?<= )(?:[A-Za-z]{2,20}(?:\^\(?\d\)?)?[ /]?){1,4}$")
_NUMERIC_END: Final = re.compile(r"(?:[\d)°]|\bpi)$")


def read_expression(text: str) -> Scalar | None:
    repeating = _REPEATING.fullmatch(text.rstrip("."))
    if repeating:
        return _repeating(repeating)
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
    unit = read_unit(" " + found.group(), attached=False)
    if unit is None or not _NUMERIC_END.search(body):
        return text, ""
    return body, unit


def _repeating(match: re.Match[str]) -> Scalar | None:
    whole, fixed, block = match.group(1) or "0", match.group(2), match.group(3) or match.group(4)
    if len(whole) + len(fixed) + len(block) > 100:
        return None
    value = Fraction(int(whole + fixed or "0"), 10 ** len(fixed)) + Fraction(
        int(block), 10 ** len(fixed) * (10 ** len(block) - 1)
    )
    return Scalar(Node(Operation.NUMBER, value=value), value, literal=True)
