"""What models put around an answer for the eye: ticks, arrows, stars, bullets, end tokens."""

import re
import unicodedata
from typing import Final

# They say that the answer is wrong.
_CROSSES: Final = frozenset("✗✘❌✖❎🚫⛔👎❓❔☓")
_MARKS: Final = frozenset("→⇒⟹⟶➜➔➡▸▶•‣◦∎∴★☆■□▪▫\ufe0f\u20e3")
_ARROW: Final = re.compile(r"(?:=>|-{1,2}>|\*(?=\s)|=(?=\s))\s*")
_END_TOKENS: Final = re.compile(
    r"(?:\s*(?:</?(?:answer|s|eos|pad|end_of_turn|end_of_text|bos)>|<\|[a-z_]{2,24}\|>))+\s*$"
)


def without_end_tokens(text: str) -> str:
    """The text without the stop tokens of chat templates at its end."""
    if text[-1:] != ">":
        return text
    cut = text.rfind("\n", 0, -1) + 1
    # Searched from the first `<` of the last line: the pattern is anchored at the end alone.
    start = text.find("<", max(cut, len(text) - 200))
    match = _END_TOKENS.search(text, max(start, 0)) if start > 0 else None
    return text[: match.start()] if match else text


def without_marks(text: str) -> str:
    """The text without decoration at both ends."""
    text = text.strip()
    start, end = 0, len(text)
    if not text.isascii():
        while start < end and _is_mark(text[start]):
            start += 1
        while end > start and _is_mark(text[end - 1]):
            end -= 1
    text = text[start:end].strip()
    arrow = _ARROW.match(text)
    return text[arrow.end() :] if arrow and arrow.end() < len(text) else text


def _is_mark(char: str) -> bool:
    if char.isascii():
        return char == " "
    if char in _CROSSES or char == "°":
        return False
    return char in _MARKS or "\u25a0" <= char <= "\u25ff" or unicodedata.category(char) == "So"
