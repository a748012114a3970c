"""Times of day: `7:30 PM`, `19:30`, `7 p.m.`, `half past seven`, `noon`."""

import re
from typing import Final

from reasoning_rewards.answers.forms import Clock
from reasoning_rewards.answers.numerals import in_digits
from reasoning_rewards.answers.phrases import RETRACTING

_HINT: Final = re.compile(
    r":\d\d|\d ?[ap]\.? ?m\b|o'clock|noon|midnight|\b(?:past|to) |in the [mae]|at night",
    re.IGNORECASE,
)
_TIME: Final = re.compile(
    r"(?P<hour>\d{1,2})(?:(?P<mark>[:.])(?P<minute>\d\d)(?::(?P<second>\d\d))?)?"
    r"(?: ?o'clock)?\s*(?P<half>[ap]\.? ?m\.?|noon|midnight|hours|hrs|in the morning"
    r"|in the afternoon|in the evening|at night)?",
    re.IGNORECASE,
)
_RELATIVE: Final = re.compile(
    r"(?:a )?(?P<part>half|quarter|[\w-]+?)(?: minutes?)? (?P<side>past|to|after|before) "
    r"(?P<hour>[\w-]+|noon|midnight)(?P<rest> .*)?",
    re.IGNORECASE,
)
# `The train arrives at 7:30 PM`: the time behind a preposition that takes one.
_SENTENCE: Final = re.compile(
    r"(?:[A-Za-z][A-Za-z ']{0,120} )?(?:at|by|until|around|about|it is|it's|is|was) +"
    r"(?=\d|half|quarter|noon|midnight|[a-z-]+ (?:past|to|o'clock))",
    re.IGNORECASE,
)
_NAMED: Final = {"noon": Clock(12, 0, 0, "pm"), "midnight": Clock(12, 0, 0, "am")}
_HALVES: Final = {"a": "am", "p": "pm"}
MAX_LENGTH: Final = 160


def read(text: str) -> Clock | None:
    """The time of day that a text names, or `None`."""
    if len(text) > MAX_LENGTH or _HINT.search(text) is None:
        return None
    if (prefix := _SENTENCE.match(text)) and not RETRACTING.search(prefix.group()):
        text = text[prefix.end() :]
    text = text.strip().removeprefix("12 ") if text.endswith(("noon", "midnight")) else text.strip()
    return _NAMED.get(text.casefold()) or _digital(text) or _relative(text)


def _digital(text: str) -> Clock | None:
    if text[:1].isalpha():
        text = in_digits(text) or ""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    half = (match["half"] or "").casefold()
    if not match["half"] and match["mark"] != ":" and "o'clock" not in text.casefold():
        return None
    if half in ("hours", "hrs") and match["mark"] != ":":
        return None
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    return _clock(hour, minute, int(match["second"] or 0), _half(half, hour))


def _half(words: str, hour: int) -> str:
    if words in ("noon", "midnight"):
        return "pm" if words == "noon" else "am"
    if words[:1] in _HALVES and words.rstrip(".").endswith("m"):
        return _HALVES[words[0]]
    if words == "in the morning":
        return "am"
    if words == "at night":
        return "am" if hour < 5 or hour == 12 else "pm"
    return "pm" if words.startswith("in the") else ""


def _clock(hour: int, minute: int, second: int, half: str) -> Clock | None:
    if hour > 24 or minute > 59 or second > 59 or (half and not 0 < hour <= 12 and hour < 13):
        return None
    return Clock(hour, minute, second, half)


def _relative(text: str) -> Clock | None:
    """`half past seven`, `quarter to 8`, `ten past three`."""
    match = _RELATIVE.fullmatch(text)
    if match is None:
        return None
    part = match["part"].casefold()
    minutes = {"half": 30, "quarter": 15}.get(part) or _small(part)
    hour = {"noon": 12, "midnight": 12}.get(match["hour"].casefold()) or _small(match["hour"])
    if minutes is None or hour is None or not 0 < minutes < 60 or not 0 < hour <= 12:
        return None
    words = (match["rest"] or "").strip().casefold()
    half = _half(words, hour) if words else ""
    if words and not half:
        return None
    if match["side"].casefold() in ("past", "after"):
        return Clock(hour, minutes, 0, half)
    return Clock(hour - 1 or 12, 60 - minutes, 0, half)


def _small(word: str) -> int | None:
    digits = word if word.isdigit() else in_digits(word) or ""
    return int(digits) if re.fullmatch(r"[0-9]{1,2}", digits) else None
