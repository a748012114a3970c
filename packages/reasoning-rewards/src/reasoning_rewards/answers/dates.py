"""Dates with the name of their month: `July 4, 1776`, `4th of July 1776`; and `1776-07-04`."""

import re
from typing import Final

from reasoning_rewards.answers.forms import Text

_MONTHS: Final = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH: Final = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY: Final = r"(?:the )?(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR: Final = r"(?:,? (?:in )?(?P<year>\d{3,4}))?"
_FORMS: Final = (
    re.compile(rf"{_MONTH} {_DAY}{_YEAR}", re.IGNORECASE),
    re.compile(rf"{_DAY} (?:of )?{_MONTH}{_YEAR}", re.IGNORECASE),
)
_ISO: Final = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})")
_WEEKDAY: Final = re.compile(r"(?:mon|tues|wednes|thurs|fri|satur|sun)day,? ", re.IGNORECASE)


def read(text: str) -> Text | None:
    """Return a date as a text of one spelling, `None` if it is none."""
    if len(text) > 40:
        return None
    weekday = _WEEKDAY.match(text)
    plain = text[weekday.end() :] if weekday else text
    for form in _FORMS:
        if match := form.fullmatch(plain):
            month = _MONTHS.index(match["month"][:3].casefold()) + 1
            return _date(match["year"] or "", month, int(match["day"]))
    if match := _ISO.fullmatch(plain):
        return _date(match["year"], int(match["month"]), int(match["day"]))
    return None


def _date(year: str, month: int, day: int) -> Text | None:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return Text(f"{year}-{month:02}-{day:02}")  # one word: the order of its parts counts
