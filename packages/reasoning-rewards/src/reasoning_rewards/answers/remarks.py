"""A remark behind an answer: in brackets (`42 (six times 7)`) or a reason (`42, because …`)."""

import re
from typing import Final

from reasoning_rewards.answers.phrases import RETRACTING

_REASON: Final = re.compile(r",?\s+(?:because|since|given that|i\.e\.)\s", re.IGNORECASE)
_THAT_IS: Final = re.compile(r"^(?:i\.e\.|that is),?\s*(?=\S)", re.IGNORECASE)
# `42 - final answer`, `42 — that is what she paid`; `5 - pi r` has no two words.
_DASHED: Final = re.compile(r"\s-{1,2}\s(?=[A-Za-z']{2,}(?: [A-Za-z']+){1,20}[.!]?$)")
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
    remark = _THAT_IS.sub("", remark)
    if not spaced or not body or not remark or RETRACTING.search(remark):
        return None
    if remark.isupper() and text[-1] == "]":
        return None  # `[SEP]` and its like are tokens, not remarks
    numeric = remark[0].isdigit() and body[-1].isdigit()
    return (body, remark) if numeric or _PROSE.search(remark) else None


def split_dashed(text: str) -> tuple[str, str] | None:
    """(answer, remark) where a remark in words follows a dash, or `None`.

    The caller must see to it that the text is no difference.
    """
    match = _DASHED.search(text) if len(text) <= MAX_LENGTH else None
    if match is None:
        return None
    body, remark = text[: match.start()].rstrip(), text[match.end() :]
    return None if not body or RETRACTING.search(remark) else (body, remark)


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
