"""Any other data set: the names of its fields are given."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reasoning_data.errors import Reason, RowError
from reasoning_data.problem import Problem
from reasoning_data.rows import Row
from reasoning_data.sources.convert import Provenance


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Which field of a row holds what; a dot goes into a nested object (`meta.answer`).

    Attributes:
        question: Field of the question.
        answer: Field of the gold; numbers and booleans become text.
        rationale: Field of the worked solution, used only where a row has it.
        id: Field of the row's own id; empty to number the rows.
    """

    question: str = "question"
    answer: str = "answer"
    rationale: str = "rationale"
    id: str = ""

    def convert(self, row: Row, provenance: Provenance) -> Problem:
        """A problem from a row.

        Raises:
            RowError: A field is missing or of a kind that is no text.
        """
        question, answer = self._text(row, self.question), self._text(row, self.answer)
        found, value = _look_up(row, self.rationale)
        rationale = _as_text(value, self.rationale) if found and value is not None else ""
        if self.id:
            own = f"{provenance.id.rpartition(':')[0]}:{self._text(row, self.id)}"
            provenance = Provenance(own, provenance.source, provenance.license)
        return provenance.problem(question, answer.strip(), rationale.strip())

    def _text(self, row: Row, path: str) -> str:
        found, value = _look_up(row, path)
        if not found:
            raise RowError(
                Reason.MISSING_FIELD, f"no field {path!r} among {sorted(map(str, row))!r}"
            )
        return _as_text(value, path)


def _look_up(row: Row, path: str) -> tuple[bool, Any]:
    if path in row:
        return True, row[path]
    value: Any = row
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return False, None
        value = value[part]
    return True, value


def _as_text(value: Any, path: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float):
        return str(value)
    raise RowError(Reason.MISSING_FIELD, f"field {path!r} is not text: {value!r}"[:200])
