"""Digits grouped as other countries write them, brought to plain digits with a decimal point.

A grouping counts when all of it is valid: `1.250,00`, `1 500,50`, `1'500`, `2,00,000` (India). A
lone `1.234` is a decimal. `3,5` and `1,00,000` may also be lists, which the caller must weigh.
"""

import re
from typing import Final

_BEFORE: Final = r"(?<![\w.,'])"
_AFTER: Final = r"(?![\d'])(?![.,]\d)"
_CERTAIN: Final = re.compile(
    rf"{_BEFORE}(?:\d{{1,3}}(?:\.\d{{3}})+,\d+|\d{{1,3}}(?:\.\d{{3}}){{2,}}"
    rf"|\d{{1,3}}(?: \d{{3}})+,\d+|\d{{1,3}}(?:'\d{{3}})+(?:[.,]\d+)?){_AFTER}"
)
_MONEY: Final = r"(?:US\$|[$€£¥₹]|(?:Rs\.?|USD|EUR|GBP|INR|CHF)(?![A-Za-z]))"
_POSSIBLE: Final = re.compile(
    rf"\s*[-+]?\s?(?:{_MONEY}\s?)?[-+]?"
    r"(?P<number>\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?|\d{1,15},(?:\d{1,2}|\d{4,15}))"
    r"(?P<unit>\s?[A-Za-z°€£$¥₹%][A-Za-z€°%/^. ]*)?\s*"
)


def plain_groups(text: str) -> str:
    """The text with the groupings that can mean only one thing in plain digits."""
    if not ("." in text or "'" in text or "," in text):
        return text
    return _CERTAIN.sub(lambda match: _plain(match.group()), text)


def _plain(number: str) -> str:
    if "'" in number:
        return number.replace("'", "").replace(",", ".")
    return number.replace(".", "").replace(" ", "").replace(",", ".")


def possible_number(text: str) -> tuple[str, bool] | None:
    """(text with one number in plain digits, whether a currency makes it certain), or `None`.

    For `3,5` and `1,00,000`, which are also lists of numbers.
    """
    match = _POSSIBLE.fullmatch(text) if "," in text else None
    if match is None:
        return None
    number = match["number"]
    grouped = number.count(",") > 1
    plain = number.replace(",", "" if grouped else ".")
    before, after = text[: match.start("number")], text[match.end("number") :]
    return before + plain + after, any(char.isalpha() or char in "$€£¥₹" for char in before)
