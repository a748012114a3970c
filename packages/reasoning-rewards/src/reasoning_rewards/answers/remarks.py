"""A remark behind an answer: in brackets (`42 (six times 7)`) or a reason (`42, because …`)."""

import re
from typing import Final

from reasoning_rewards.answers.phrases import RETRACTING

_REASON: Final = re.compile(r",?\s+(?:because|since|given that|i\.e\.)\s", re.IGNORECASE)
_PROSE: Final = re.compile(r"[A-Za-z]{2,}")
MAX_LENGTH: Final = 400


def split_remark(text: str) -> tuple[str, str] | None:
    """(answer, remark) where a harmless remark in brackets or a reason follows, or `None`.

    The caller must see to it that a remark that is a number itself is the same number.
    """
    if len(text) > MAX_LENGTH:
        return None
    if text[-1:] in (")", "]"):
        start = _opening(text)
        if start < 2:
            return None
        body, remark = text[:start].rstrip(), text[start + 1 : -1].strip()
        spaced = text[start - 1] == " "
    else:
        match = _REASON.search(text)
        if match is None:
            return None
        body, remark = text[: match.start()], text[match.end() :]
        spaced = True
    if not spaced or not body or not remark or RETRACTING.search(remark):
        return None
    if remark.isupper() and text[-1] == "]":
        return None  # `[SEP]` and its like are tokens, not remarks
    numeric = remark[0].isdigit() and body[-1].isdigit()
    return (body, remark) if numeric or _PROSE.search(remark) else None


def _opening(text: str) -> int:
    """The index of the bracket that the last character closes, or -1."""
    close = text[-1]
    opened = {")": "(", "]": "["}[close]
    level = 0
    for index in range(len(text) - 1, -1, -1):
        level += (text[index] == close) - (text[index] == opened)
        if level == 0:
            return index
    return -1
