r"""MATH (Hendrycks et al. 2021, arXiv:2103.03874): competition problems in LaTeX.

The gold is the content of the last `\boxed{…}` of the solution, joined with the boxes listed with
it. If the solution has no box, the gold is the field `answer` (NuminaMath, MATH-500).
"""

from reasoning_data.answers.agreement import contradicts
from reasoning_data.answers.boxes import Boxed, boxed_answer, last_boxes, open_boxes
from reasoning_data.errors import Reason, RowError
from reasoning_data.problem import Problem
from reasoning_data.sources.convert import Provenance, text_field
from reasoning_data.sources.files.raw_row import Row


def from_math(row: Row, provenance: Provenance) -> Problem:
    """Convert a row with `problem` and `solution`, replacing boxes by their content.

    Raises:
        RowError: A field is missing, neither a box nor `answer` states a gold, or the two
            contradict each other.
    """
    blank = row.get("solution") is None and "solution" in row
    solution = "" if blank else text_field(row, "solution")
    boxes = last_boxes(solution)
    gold = _gold(boxes, row.get("answer"), solution)
    return provenance.problem(text_field(row, "problem"), gold, open_boxes(solution, boxes).strip())


def _gold(boxes: list[Boxed], column: object, solution: str) -> str:
    stated = str(column).strip() if isinstance(column, str | int | float) else ""
    if not boxes:
        if not stated:
            raise RowError(
                Reason.BAD_GOLD,
                rf"no closed \boxed{{…}} in {solution[-80:]!r}, no field 'answer'",
            )
        return stated
    boxed = boxed_answer(boxes)
    # A column that was cut out of the solution often holds the last of several boxes alone.
    values = [boxed, *(boxed_answer([box]) for box in boxes)]
    if stated and all(contradicts(value, stated) for value in values):
        raise RowError(
            Reason.CONFLICTING_GOLD, f"the solution's box holds {boxed!r}, 'answer' is {stated!r}"
        )
    return boxed
