"""Ratios: `3:2`, `3 : 2 : 1`, `3 to 2`."""

import re
from fractions import Fraction
from typing import Final

from reasoning_rewards.answers import nouns
from reasoning_rewards.answers.expression import Node, Operation
from reasoning_rewards.answers.forms import Ratio, Scalar

_TERM: Final = r"\d{1,18}(?:\.\d{1,18})?"
_COLON: Final = re.compile(rf"{_TERM}(?:\s?:\s?{_TERM}){{1,7}}")
_TO: Final = re.compile(rf"{_TERM}(?:(?: to |-to-){_TERM}){{1,7}}")

_SHARE: Final = re.compile(
    r"(?P<part>\d{1,9}) (?:out of|of|in|in every|out of every)(?: the| every)? (?P<whole>\d{1,9})"
    r"(?P<rest>(?: [A-Za-z]+){0,4})"
)


def read(text: str) -> Ratio | None:
    """The ratio that a text is, or `None`."""
    if ":" in text and _COLON.fullmatch(text):
        return _ratio(text.split(":"), spoken=False)
    if "to" in text and _TO.fullmatch(text):
        return _ratio(re.split(" to |-to-", text), spoken=True)
    return None


def _ratio(terms: list[str], spoken: bool) -> Ratio | None:
    values = tuple(Fraction(term.strip()) for term in terms)
    return Ratio(values, spoken) if any(values) else None


def same(left: Ratio, right: Ratio) -> bool:
    """Whether the terms are proportional; two of `1 to 2` may be ranges and must be alike."""
    if len(left.terms) != len(right.terms):
        return False
    if left.spoken and right.spoken:
        return left.terms == right.terms
    scale = next((a / b for a, b in zip(left.terms, right.terms, strict=True) if b), None)
    if not scale:
        return False
    return all(a == b * scale for a, b in zip(left.terms, right.terms, strict=True))


def quotient(ratio: Ratio) -> Fraction | None:
    """`3:2` as 3/2; `None` for a whole number (72:1 is no 72), three terms, or `3 to 2`."""
    if len(ratio.terms) != 2 or ratio.spoken or not ratio.terms[1]:
        return None
    value = ratio.terms[0] / ratio.terms[1]
    return None if value.denominator == 1 else value


def read_share(text: str) -> Scalar | None:
    """`7 out of 12` and `1 in 4` as fractions; the part is not more than the whole."""
    match = _SHARE.fullmatch(text)
    if match is None:
        return None
    part, whole = int(match["part"]), int(match["whole"])
    rest = match["rest"].split()
    if not 0 < whole >= part or (rest and not nouns.names_things(rest, singular=False)):
        return None
    value = Fraction(part, whole)
    return Scalar(Node(Operation.NUMBER, value=value), value, literal=True)
