"""Markdown to plain text: emphasis, headings, code, and tables whose rows compute something."""

import re
from fractions import Fraction
from itertools import pairwise
from typing import Final

from reasoning_rewards.equations.arithmetic import read_side

_FENCE: Final = re.compile(r"^[ \t]*(?:```|~~~)[^\n`]{0,40}$", re.MULTILINE)
_PYTHON_POWER: Final = re.compile(r"(?<=[\w)])\*\*(?=[\d(])|(?<=\d) \*\* (?=\d)")
_EMPHASIS: Final = re.compile(
    r"(?<![\w*)])\*(?=[^\s*])((?:[^*\n]| \* ){1,80}?)(?<=[^\s*])\*(?![\w*(])"
)
_HEADING: Final = re.compile(r"^[ \t]*(?:#{1,6}|>+)[ \t]+", re.MULTILINE)
_RULE: Final = re.compile(r"[\s|:=+-]*")
_NUMBER: Final = re.compile(r"\W{0,3}(\d[\d,]*(?:\.\d+)?%?)(?: ?[A-Za-z]{1,20}){0,2}\W{0,2}")
_COMPUTATION: Final = re.compile(r"[\d)%][^=]{0,24}?[-+*/^xX]\s?[$(]{0,2}\d")
MAX_CELLS: Final = 12
_COMMENT: Final = re.compile(
    r"^([ \t]*\w{1,40} ?= ?[^=#\n]{1,100}?)[ \t]*#[ \t]*(?:=[ \t]*)?(?=\$?\d[\d,.]*[ \t]*$)",
    re.MULTILINE,
)


def without_markdown(text: str) -> str:
    """The text of a Markdown document; of a table's row the equation that it states, if any."""
    if "`" in text or "~~~" in text:
        text = _FENCE.sub("", text).replace("`", "")
    if "#" in text:
        text = _COMMENT.sub(r"\1 = ", text)
    if "#" in text or "> " in text:
        text = _HEADING.sub("", text)
    if "**" in text:
        text = _PYTHON_POWER.sub("^", text).replace("**", "")
    if "__" in text:
        text = text.replace("__", "")
    if "*" in text and _opens_emphasis(text):
        text = _EMPHASIS.sub(r"\1", text)
    if "|" in text:
        text = "\n".join(_row(line) if line.count("|") > 1 else line for line in text.split("\n"))
    return text


def _opens_emphasis(text: str) -> bool:
    """Whether a star stands before a word and behind none: a cheap look."""
    start = text.find("*")
    while start >= 0:
        if not text[start + 1 : start + 2].isspace() and not text[start - 1 : start].isalnum():
            return True
        start = text.find("*", start + 1)
    return False


def _row(line: str) -> str:
    """One row of a table as text: `| Tea | 3 * 4 | 12 |` says `Tea, 3 * 4 = 12`."""
    if not line.lstrip().startswith("|") and " | " not in line:
        return line  # |-5|
    if _RULE.fullmatch(line):
        return ""
    cells = [cell.strip() for cell in line.strip().strip("|").split("|")][:MAX_CELLS]
    joined = cells[0]
    for left, right in pairwise(cells):
        states = "=" not in left and _COMPUTATION.search(left) and _NUMBER.fullmatch(right)
        joined += (" = " if states else ", ") + right
    return joined if "=" in joined else joined + _implied(cells)


def _implied(cells: list[str]) -> str:
    """What three columns of numbers say where it is true: of 3, 4 and 12 that 3 * 4 = 12.

    Columns that compute nothing are no false equation.
    """
    numbers = [match[1] for cell in cells if (match := _NUMBER.fullmatch(cell))]
    if len(numbers) != 3:
        return ""
    sides = [read_side(number) for number in numbers]
    first, second, last = (side.value if side else Fraction(-1) for side in sides)
    if min(first, second, last) <= 0:
        return ""
    a, b, c = numbers
    for sign, value in (("*", first * second), ("+", first + second), ("-", first - second)):
        if value == last:
            return f", {a} {sign} {b} = {c}"
    return f", {a} / {b} = {c}" if Fraction(first) / second == last else ""
