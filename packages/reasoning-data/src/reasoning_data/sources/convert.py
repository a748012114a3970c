"""Shared parts of all converters: provenance of a row, and access to its fields."""

from collections.abc import Callable
from dataclasses import dataclass

from reasoning_data.errors import Reason, RowError
from reasoning_data.problem import Problem
from reasoning_data.sources.files.raw_row import Row


@dataclass(frozen=True, slots=True)
class Provenance:
    """Id of a row, and the name and licence of its data set."""

    id: str
    source: str
    license: str

    def problem(self, question: str, answer: str, rationale: str) -> Problem:
        """Return a problem with this provenance.

        Raises:
            RowError: The question or the answer is blank.
        """
        if not question.strip():
            raise RowError(Reason.MISSING_FIELD, "the question is blank")
        if not answer.strip():
            raise RowError(Reason.BAD_GOLD, "the gold is blank")
        return Problem(self.id, question, answer, rationale, self.source, self.license)


Converter = Callable[[Row, Provenance], Problem]


def text_field(row: Row, name: str) -> str:
    """Return the text of a field.

    Raises:
        RowError: The row has no such field, or its value is not text.
    """
    if name not in row:
        raise RowError(Reason.MISSING_FIELD, f"no field {name!r} among {sorted(map(str, row))!r}")
    value = row[name]
    if not isinstance(value, str):
        raise RowError(Reason.MISSING_FIELD, f"field {name!r} is not text: {value!r}"[:200])
    return value
