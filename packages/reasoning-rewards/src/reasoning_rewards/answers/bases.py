"""Numbers in another base: `42_8`, `42 base 8`, `1F_{16}`, `0x1F`.

The base is part of what is asked for, so these are texts: `42_8` is not 34. Small letters behind a
digit are variables (`2a_{16}` is twice a term of a sequence), but not behind `0x`.
"""

import re
from typing import Final

from reasoning_rewards.answers.forms import Text

_WRITTEN: Final = re.compile(
    r"(?P<digits>[0-9]{1,80}|[0-9A-F]{2,80})"
    r"(?:_\(?|\s+(?:in )?\(?[Bb][Aa][Ss][Ee][ -])(?P<base>\d{1,2}|[A-Za-z]{2,7})\)?"
)
_NAMES: Final = {"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
                 "eight": "8", "nine": "9", "ten": "10", "twelve": "12", "sixteen": "16",
                 "hex": "16"}  # fmt: skip
_PREFIXED: Final = re.compile(
    r"0(?:[bB](?P<b>[01]{1,80})|[oO](?P<o>[0-7]{1,80})|[xX](?P<x>[0-9a-fA-F]{1,80}))"
)
_PREFIXES: Final = {"b": "2", "o": "8", "x": "16"}


def read(text: str) -> Text | None:
    """Digits and base as a text, in one spelling; `None` for anything else."""
    if prefixed := _PREFIXED.fullmatch(text):
        kind = prefixed.lastgroup or ""
        return _text(prefixed[kind], _PREFIXES[kind])
    written = _WRITTEN.fullmatch(text)
    if written is None:
        return None
    name = written["base"].casefold()
    digits, base = written["digits"], _NAMES.get(name, name)
    if base.isdecimal() and not 2 <= int(base) <= 36:
        return None
    # `AB_{12}` is a segment or a product.
    return _text(digits, base) if digits.isdecimal() or base == "16" else None


def _text(digits: str, base: str) -> Text:
    return Text(f"{digits.casefold().lstrip('0') or '0'} base {base}")
