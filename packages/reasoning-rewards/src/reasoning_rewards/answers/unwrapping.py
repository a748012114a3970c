"""What stands around an answer: boxes, math delimiters, lines of prose before the last."""

import re
from typing import Final

from reasoning_rewards.answers.latex import braced, close_braces
from reasoning_rewards.answers.phrases import RETRACTING

_BOX: Final = re.compile(r"\\f?box(?:ed)?\s*")
_BARE_BOXED: Final = re.compile(r"[^\s$\\]*")
_CONCLUDING: Final = re.compile(r"[A-Za-z]{2}.*[.:]$")


def unwrap(text: str) -> str:
    """The content of `\\boxed{…}` where there is one, and text without its math delimiters."""
    boxes = _boxes(close_braces(text))
    if boxes:
        outside, contents = boxes
        if RETRACTING.search(outside) and not re.fullmatch(r"(?:.*\b(?:or)\b.*)", outside):
            return "unreadable " + text.replace("\\boxed", "")
        text = ", ".join(dict.fromkeys(contents))  # the same box twice says one thing
    text = text.replace("\\$", "\ue002").replace("$$", " ")
    if text.count("$") % 2 == 0:
        text = _inside_dollars(text)
    return text.replace("\ue002", "$")


def _inside_dollars(text: str) -> str:
    """Without `$…$` delimiters. `$5 and $6` are amounts, `$5$ and $6$` are formulas."""
    if "$" not in text:
        return text
    first, *pieces = text.split("$")
    if all(piece.lstrip()[:1].isdigit() for piece in pieces):
        return text
    return " ".join((first, *pieces))


def _boxes(text: str) -> tuple[str, list[str]] | None:
    if "\\boxed" not in text and "\\fbox" not in text:
        return None
    contents: list[str] = []
    outside: list[str] = []
    index = 0
    while (match := _BOX.search(text, index)) is not None:
        outside.append(text[index : match.start()])
        start = match.end()
        if text[start : start + 1] == "{":
            end = braced(text, start)
            if end < 0:
                end = len(text)
            contents.append(text[start + 1 : end])
            index = end + 1
        else:
            word = _BARE_BOXED.match(text, start)
            end = word.end() if word else start
            contents.append(text[start:end])
            index = end
    outside.append(text[index:])
    return " ".join(outside), contents


def last_line(text: str) -> str:
    """The conclusion under lines of prose; lines of numbers stay what they are, a list."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(set(lines)) == 1:
        return lines[0]
    before = lines[:-1]
    if all(_CONCLUDING.search(line) for line in before):
        joined = " ".join(before)
        if not RETRACTING.search(joined):
            return lines[-1]
    return " ".join(lines)
