r"""MATH (Hendrycks et al. 2021, arXiv:2103.03874): competition problems in LaTeX.

The gold is what the last `\boxed{…}` of the solution holds. Braces nest, so they are walked and not
matched by a regular expression; escaped braces do not count.
"""

from typing import NamedTuple

from reasoning_data.errors import Reason, RowError
from reasoning_data.problem import Problem
from reasoning_data.rows import Row
from reasoning_data.sources.convert import Provenance, text_field

COMMANDS = (r"\boxed", r"\fbox")


class Boxed(NamedTuple):
    """Where a box stands in a text, `[start, end)`, and what it holds."""

    start: int
    end: int
    content: str


def last_boxed(text: str) -> Boxed | None:
    r"""The last `\boxed{…}`, `\fbox{…}` or `\boxed x` of a text; None if none closes."""
    starts = sorted((i, command) for command in COMMANDS for i in _occurrences(text, command))
    for start, command in reversed(starts):
        if box := _read_box(text, start, start + len(command)):
            return box
    return None


def _occurrences(text: str, command: str) -> list[int]:
    found, at = [], text.find(command)
    while at >= 0:
        found.append(at)
        at = text.find(command, at + len(command))
    return found


def _read_box(text: str, start: int, at: int) -> Boxed | None:
    while at < len(text) and text[at].isspace():
        at += 1
    if at == len(text):
        return None
    if text[at] != "{":
        # `\boxed 5$`: the argument is a single token, as TeX has it; digits are taken together.
        end = at + 1
        while text[at].isdigit() and end < len(text) and text[end].isdigit():
            end += 1
        return None if text[at] in "\\$}" else Boxed(start, end, text[at:end])
    depth, i = 0, at
    while i < len(text):
        if text[i] == "\\":
            i += 2
            continue
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        i += 1
        if depth == 0:
            return Boxed(start, i, text[at + 1 : i - 1])
    return None


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
