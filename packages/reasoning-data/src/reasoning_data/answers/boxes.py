r"""Boxed results in LaTeX: `\boxed{…}`, `\fbox{…}`, `\framebox{…}`, and boxes without braces.

Braces nest, so they are walked and not matched by a regular expression; escaped braces do not
count.
"""

import re
from typing import NamedTuple

COMMAND = re.compile(r"\\(?:boxed|fbox|framebox)(?![A-Za-z])")
# `\framebox[3cm][c]{7}`: the width and the position of its text.
OPTIONS = re.compile(r"(?:\s*\[[^\[\]{}]{0,20}\]){0,2}(?=\s*\{)")
# A backslash takes the next character with it, so that `\{` does not count as a brace.
BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
NUMBER = re.compile(r"[-+\u2212]?\d+(?:,\d{3})*(?:\.\d+)?")
NAME = re.compile(r"\\([A-Za-z]+)")
ROOT_INDEX = re.compile(r"\s*\[[^\[\]{}]{0,20}\]")
TWO_ARGUMENTS = frozenset(("frac", "dfrac", "tfrac", "cfrac", "binom", "dbinom", "tbinom"))
ONE_ARGUMENT = frozenset(("sqrt", "text", "mathrm", "mathbf", "textbf", "mathbb", "overline"))
BRACKETS = {"(": ")", "[": "]"}

MAX_JOINT = 80
MAX_LAYERS = 8
# What may stand between two boxes that are one answer: `$x=\boxed{3}$ and $x=\boxed{5}$`.
MARKUP = re.compile(
    r"\$|\\[()\[\]]|\\\\|\\[,;:! ]|\\q?quad(?![A-Za-z])|[&~]"
    r"|\\(?:text|mathrm|textrm|mbox)\s*\{([^{}]*)\}"
)
NAMED = re.compile(r"\\?[A-Za-z]{1,8}(?:_\{?\w{1,3}\}?)?'*\s*=")
JOINT = re.compile(r"[,;]?\s*(?:and|or)?\s*(?:also|either)?", re.IGNORECASE)


class Boxed(NamedTuple):
    """Span of a box in a text, `[start, end)`, and its content."""

    start: int
    end: int
    content: str


def last_boxes(text: str) -> list[Boxed]:
    r"""Return the last box of a text together with the boxes listed with it.

    `$x=\boxed{3}$ and $x=\boxed{5}$` gives two boxes; `first \boxed{1}, then \boxed{2}` gives only
    the second. Empty boxes are skipped. The result is empty if no box closes.
    """
    boxes = _boxes(text)
    first = len(boxes) - 1
    while first > 0 and _listed(text[boxes[first - 1].end : boxes[first].start]):
        first -= 1
    return boxes[max(first, 0) :]


def open_boxes(text: str, boxes: list[Boxed]) -> str:
    """Return the text with each box replaced by its content."""
    parts, at = [], 0
    for box in boxes:
        parts += [text[at : box.start], box.content]
        at = box.end
    return "".join([*parts, text[at:]])


def boxed_answer(boxes: list[Boxed]) -> str:
    """Return the content of the boxes as one answer: distinct values, joined as a list."""
    values = list(dict.fromkeys(_bare(box.content) for box in boxes))
    # The comma inside of a value (`(1,2)`, `1,200`) must not be taken for one between two.
    return ("; " if any("," in value for value in values) else ", ").join(values)


def _boxes(text: str) -> list[Boxed]:
    """Return all boxes of a text; of two nested boxes, the outer one."""
    closing = _closing_braces(text)
    boxes: list[Boxed] = []
    for found in COMMAND.finditer(text):
        if boxes and found.start() < boxes[-1].end:
            continue
        box = _read_box(text, found.start(), found.end(), closing)
        if box and box.content.strip():
            boxes.append(box)
    return boxes


def _closing_braces(text: str) -> dict[int, int]:
    """Map the position of each opening brace to that of its closing brace.

    The text is scanned once, so many unclosed boxes cost no more than one.
    """
    closing: dict[int, int] = {}
    open_braces: list[int] = []
    for found in BRACE.finditer(text):
        if found.group() == "{":
            open_braces.append(found.start())
        elif found.group() == "}" and open_braces:
            closing[open_braces.pop()] = found.start()
    return closing


def _read_box(text: str, start: int, at: int, closing: dict[int, int]) -> Boxed | None:
    if options := OPTIONS.match(text, at):
        at = options.end()
    at = _skip_space(text, at)
    end = _argument_end(text, at, closing)
    if end is None:
        return None
    content = text[at + 1 : end - 1] if text[at] == "{" else text[at:end]
    return Boxed(start, end, content)


def _argument_end(text: str, at: int, closing: dict[int, int]) -> int | None:
    r"""Return the end of the box argument that begins at `at`, or None if there is no argument.

    To TeX, an argument without braces is a single token. People who write `\boxed 42` or
    `\boxed\frac12` mean the number and the fraction.
    """
    if at >= len(text) or text[at] in "$}":
        return None
    if text[at] == "{":
        return closing[at] + 1 if at in closing else None
    if number := NUMBER.match(text, at):
        return number.end()
    if name := NAME.match(text, at):
        return _command_end(text, name, closing)
    if text[at] in BRACKETS:
        end = text.find(BRACKETS[text[at]], at, at + MAX_JOINT)
        return end + 1 if end >= 0 else None
    return None if text[at] == "\\" else at + 1


def _command_end(text: str, name: re.Match[str], closing: dict[int, int]) -> int | None:
    end: int = name.end()
    if name[1] == "sqrt" and (index := ROOT_INDEX.match(text, end)):
        end = index.end()
    arguments = 2 if name[1] in TWO_ARGUMENTS else int(name[1] in ONE_ARGUMENT)
    for _ in range(arguments):
        at = _skip_space(text, end)
        if at < len(text) and text[at].isdigit():
            end = at + 1  # `\frac12` is a half
            continue
        found = NAME.match(text, at)
        after = found.end() if found else _argument_end(text, at, closing)
        if after is None:
            return None
        end = after
    return end


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _listed(between: str) -> bool:
    """Return whether the text between two boxes does nothing but list them."""
    if len(between) > MAX_JOINT:
        return False
    plain = MARKUP.sub(lambda found: f" {found[1] or ''} ", between)
    return JOINT.fullmatch(NAMED.sub(" ", plain).strip()) is not None


def _bare(content: str) -> str:
    """Strip white space, braces and inner boxes from around a value."""
    value = content.strip()
    for _ in range(MAX_LAYERS):
        closing = _closing_braces(value)
        if value.startswith("{") and closing.get(0) == len(value) - 1:
            value = value[1:-1].strip()
            continue
        found = COMMAND.match(value)
        box = _read_box(value, 0, found.end(), closing) if found else None
        if box is None or box.end != len(value):
            return value
        value = box.content.strip()
    return value
