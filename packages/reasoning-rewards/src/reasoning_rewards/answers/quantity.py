"""A number with what may stand around it: currency, magnitude, percent sign, unit."""

import re
from fractions import Fraction
from typing import Final

from reasoning_rewards.answers import expression, nouns, numerals, units
from reasoning_rewards.answers.expression import Node, Operation
from reasoning_rewards.answers.forms import Scalar

_NUMBER: Final = (
    r"(?:\d{1,3}(?:,\d{3})+(?![\d,])(?:\.\d+)?|\d{1,3}(?:[ \u2009]\d{3})+(?!\d)(?:\.\d+)?"
    r"|\d+(?:\.\d+)?|\.\d+)"
)
_QUANTITY: Final = re.compile(
    r"(?P<sign>[-+]?)\s?(?P<currency>US ?\$|(?:AU?|CA?|HK|NZ|S)\$|[$€£¥₹]|Rs\."
    r"|(?:USD|EUR|GBP|JPY|CNY|INR|CHF|CAD|AUD|Rs)\b)?"
    rf"\s?(?P<sign2>[-+]?)\s?"
    rf"(?P<number>\d+\s+\d{{1,6}}/\d{{1,6}}|{_NUMBER}(?:[eE][-+]?\d{{1,4}}|\s?/\s?\d+(?![\d.,]))?)"
    rf"(?P<power>\s?(?:\*|[xX])\s?10\s?(?:\^|\*\*)\s?\(?(?P<exponent>[-+]?\d{{1,4}})\)?)?"
    rf"(?P<rest>.*)",
    re.DOTALL,
)
_PERCENT: Final = re.compile(
    r"\s*-?(?:%|percent(?:age points?)?\b|pct\b|per cent\b)", re.IGNORECASE
)
# `20% more`: a percentage says of what it is more.
_CHANGES: Final = frozenset("more less fewer off higher lower".split())
_MAGNITUDE_WORD: Final = re.compile(r"[\s-]*((?:ten-|hundred-)?[A-Za-z]+)\b(?!-)")
_ORDINAL: Final = re.compile(r"(?:st|nd|rd|th)s?(?: of\b.*)?", re.DOTALL)
MAX_UNIT_WORDS: Final = 8
_UNIT: Final = re.compile(r"[A-Za-z°¢Ω][A-Za-z°'.\-]*(?:\^\(?-?[1-9]\)?|[1-9])?|[/$€£¥₹]")


def read_quantity(text: str) -> Scalar | None:
    """A number with an optional currency, magnitude, percent sign and unit; `None` otherwise."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None
    number, rest = match["number"], match["rest"]
    if len(number) > expression.MAX_DIGITS or (match["sign"] and match["sign2"]):
        return None
    currency = (match["currency"] or "").strip(" .").casefold()
    unit = units.CURRENCIES.get(currency, currency)
    percent = False
    value, digits, decimals = _number(number)
    if value is None:
        return None
    if match["exponent"]:
        if abs(int(match["exponent"])) > expression.MAX_DIGITS:
            return None
        value *= Fraction(10) ** int(match["exponent"])
        digits = decimals = 0
    if _ORDINAL.fullmatch(rest):
        rest = ""  # `42nd`, `3/5ths`
    if rest:
        scale, rest = _magnitude(rest, bool(currency))
        if scale != 1:
            value, digits, decimals = value * scale, 0, 0
    if percent_match := _PERCENT.match(rest):
        percent = True
        rest = rest[percent_match.end() :]
    if percent and rest.strip() in _CHANGES:
        unit = rest.strip()
    elif rest.strip():
        suffix = read_unit(
            rest,
            attached=not rest[0].isspace() and not percent,
            singular=percent or value.denominator != 1 or value <= 1,
        )
        if suffix is None:
            return None
        unit = unit or suffix
    if "-" in (match["sign"], match["sign2"]):
        value = -value
    return Scalar(
        Node(Operation.NUMBER, value=value),
        value,
        literal=True,
        unit=unit,
        percent=percent,
        digits=digits,
        decimals=decimals,
    )


def _number(text: str) -> tuple[Fraction | None, int, int]:
    """(value, significant digits, digits after the point) of an unsigned literal."""
    text = text.strip()
    if re.search(r"\s\d+/", text):
        whole, fraction = text.split(None, 1)
        top, bottom = fraction.split("/")
        if int(bottom) == 0:
            return None, 0, 0
        return Fraction(int(whole)) + Fraction(int(top), int(bottom)), 0, 0
    text = re.sub(r"[, \u2009]", "", text)
    if "/" in text:
        top, bottom = text.split("/")
        if int(bottom) == 0:
            return None, 0, 0
        return Fraction(top) / Fraction(bottom), 0, 0
    mantissa, _, exponent = text.lower().partition("e")
    value = Fraction(mantissa)
    if exponent:
        if abs(int(exponent)) > expression.MAX_DIGITS:
            return None, 0, 0
        return value * Fraction(10) ** int(exponent), 0, 0
    _, point, after = mantissa.partition(".")
    significant = len(mantissa.replace(".", "").lstrip("0")) if point else 0
    return value, significant, len(after)


def _magnitude(rest: str, currency: bool) -> tuple[Fraction, str]:
    """The factor of the words behind a number, and the text behind them.

    `3 millions` is 3,000,000, `2 dozen eggs` are 24, `3 quarters` 3/4. The singular of a part is a
    position in front of a noun (`25 fifth graders`).
    """
    if rest[:1] in ("k", "K") and not rest[1:2].isalpha():
        return Fraction(1000), rest[1:]
    if currency and rest[:1] in ("M", "B") and not rest[1:2].isalpha():
        return Fraction(10**6 if rest[0] == "M" else 10**9), rest[1:]
    scale = Fraction(1)
    while match := _MAGNITUDE_WORD.match(rest):
        word, behind = match.group(1), rest[match.end() :]
        if factor := numerals.multiple_of(word):
            scale *= factor
        elif (part := numerals.part_of(word)) and (
            not behind.strip() or word.endswith("s") or behind.startswith(" of ")
        ):
            return scale / part, behind
        else:
            break
        rest = behind
    return scale, rest


def read_unit(rest: str, attached: bool, singular: bool = False) -> str | None:
    """The canonical unit in the text after a number, or `None` if it is something else.

    A noun without a plural is a unit where the number is no count (`singular`); elsewhere it comes
    back marked as `units.UNKNOWN`.
    """
    text = re.sub(r"^\s*-\s*(?=[A-Za-z])", " ", rest).strip().strip(". ")
    text = re.sub(r"\s*\(s\)|\(es\)", "s", text)
    text = re.sub(r"° ?([CF])\b", r"°\1", text.replace("*", " ").rstrip(","))
    if "," in text:
        return None
    if text in ('"', "''"):
        return "in"
    bracketed = text[:1] in ("(", "[")
    text = re.sub(r"^[(\[](.*)[)\]]$", r"\1", text)
    found = text.replace("/", " / ").split()
    if not found or len(found) > MAX_UNIT_WORDS:
        return None
    if sum(len(word.split("^")[0]) == 1 for word in found if word != "/") > 1 and "/" not in found:
        return None  # `g t^2` is algebra
    if not all(_UNIT.fullmatch(word.strip(".,")) for word in found):
        return None
    letters = re.match(r"[A-Za-z]*", found[0])
    name = letters.group() if letters else ""
    known = name in units.SHORT_UNITS or name.casefold() in units.CURRENCIES
    if 0 < len(name) <= 2 and not known and (attached or name not in nouns.SHORT_WORDS):
        return None
    if nouns.names_things(found, singular):
        return units.canonical_unit(text)
    unknown = not bracketed and nouns.may_be_things(found)
    return units.UNKNOWN + units.canonical_unit(text) if unknown else None
