r"""MATH (Hendrycks et al. 2021, arXiv:2103.03874): competition problems in LaTeX.

The gold is what the last `\boxed{…}` of the solution holds. Braces nest, so they are walked and not
matched by a regular expression; escaped braces do not count.
"""

import re
from typing import NamedTuple

from reasoning_data.errors import Reason, RowError
from reasoning_data.problem import Problem
from reasoning_data.rows import Row
from reasoning_data.sources.convert import Provenance, text_field

COMMAND = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])")
# A backslash takes the next character with it, so that `\{` is no brace.
BRACE = re.compile(r"\\.|[{}]", re.DOTALL)


class Boxed(NamedTuple):
    """Where a box stands in a text, `[start, end)`, and what it holds."""

    start: int
    end: int
    content: str


def last_boxed(text: str) -> Boxed | None:
    r"""The last `\boxed{…}`, `\fbox{…}` or `\boxed x` of a text; None if none closes."""
    starts = [found.span() for found in COMMAND.finditer(text)]
    closing = _closing_braces(text)
    boxes = (_read_box(text, start, end, closing) for start, end in reversed(starts))
    return next((box for box in boxes if box), None)


def _closing_braces(text: str) -> dict[int, int]:
    """Where each brace that closes is closed; one walk, however many boxes stand open."""
    closing: dict[int, int] = {}
    open_braces: list[int] = []
    for found in BRACE.finditer(text):
        if found.group() == "{":
            open_braces.append(found.start())
        elif found.group() == "}" and open_braces:
            closing[open_braces.pop()] = found.start()
    return closing


def _read_box(text: str, start: int, at: int, closing: dict[int, int]) -> Boxed | None:
    while at < len(text) and text[at].isspace():
        at += 1
    if at == len(text):
        return None
    if text[at] == "{":
        if at not in closing:
            return None
        return Boxed(start, closing[at] + 1, text[at + 1 : closing[at]])
    # `\boxed 5$`: the argument is a single token, as TeX has it; digits are taken together.
    end = at + 1
    while text[at].isdigit() and end < len(text) and text[end].isdigit():
        end += 1
    return None if text[at] in "\\$}" else Boxed(start, end, text[at:end])


def from_math(row: Row, provenance: Provenance) -> Problem:
    r"""A problem from a row with `problem` and `solution`; the box is opened in the rationale.

    Raises:
        RowError: A field is missing, or the solution has no `\boxed{…}`.
    """
    solution = text_field(row, "solution")
    box = last_boxed(solution)
    if box is None:
        raise RowError(Reason.BAD_GOLD, rf"no \boxed{{…}} that closes in {solution[-80:]!r}")
    rationale = solution[: box.start] + box.content + solution[box.end :]
    return provenance.problem(text_field(row, "problem"), box.content, rationale.strip())
