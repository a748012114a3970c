"""Converter for any other data set, with named fields or the usual field names."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from reasoning_data.errors import Reason, RowError
from reasoning_data.problem import Problem
from reasoning_data.sources import fields
from reasoning_data.sources.convert import Provenance
from reasoning_data.sources.files.raw_row import Row
from reasoning_data.sources.gsm8k import MARK, split_answer
from reasoning_rewards import RewardError
from reasoning_rewards.judge import read_items

QUESTION = "question"
ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Fields of a row by their role; a dot leads into a nested object (`meta.answer`).

    Attributes:
        question: Field of the question: text, or messages, of which the last user message counts.
            With the default name, a row without it is searched for the usual names (`problem`,
            `prompt`, `input`), and a passage is put before its question.
        answer: Field of the gold; numbers and booleans become text, and a list of one its member.
            With the default name, `target`, `reward_model.ground_truth` and similar names are
            found.
        rationale: Field of the worked solution, which rows may lack.
        id: Field of the row's own id; empty to number the rows.
        rubric: Field with the items that a judge asks about answers; empty for none.
    """

    question: str = QUESTION
    answer: str = ANSWER
    rationale: str = "rationale"
    id: str = ""
    rubric: str = ""

    def convert(self, row: Row, provenance: Provenance) -> Problem:
        """Convert a row.

        Raises:
            RowError: A field is missing or not text.
        """
        question = fields.as_text(fields.find(row, self.question))
        if self.question == QUESTION:
            question = fields.with_context(row, question or fields.question_text(row))
        answer = fields.as_gold(fields.find(row, self.answer))
        if self.answer == ANSWER:
            answer = answer or fields.first_gold(row)
        if not question:
            raise _missing(row, self.question)
        if not answer:
            raise _missing(row, self.answer)
        rationale = fields.find(row, self.rationale)
        if MARK in answer:  # an answer as GSM8K has it
            solution, answer = split_answer(answer)
            rationale = solution if rationale is None else rationale
        if rationale is not None and not isinstance(rationale, str):
            raise _missing(row, self.rationale)
        if self.id:
            own = fields.as_gold(fields.find(row, self.id))
            if not own:
                raise _missing(row, self.id)
            own = f"{provenance.id.rpartition(':')[0]}:{own}"
            provenance = Provenance(own, provenance.source, provenance.license)
        problem = provenance.problem(question, answer, (rationale or "").strip())
        return replace(problem, rubric=self._items(row)) if self.rubric else problem

    def _items(self, row: Row) -> str:
        """The row's rubric items as JSON; empty if it has none.

        Raises:
            RowError: The field is missing, or holds no items.
        """
        if (value := fields.find(row, self.rubric)) is None and self.rubric not in row:
            raise _missing(row, self.rubric)
        try:
            items = read_items(value)
        except RewardError as error:
            raise RowError(Reason.BAD_RUBRIC, f"field {self.rubric!r}: {error}"[:200]) from error
        return json.dumps([asdict(item) for item in items], ensure_ascii=False) if items else ""


def _missing(row: Row, path: str) -> RowError:
    """Return the error for a field from which nothing could be read."""
    value: Any = fields.find(row, path)
    if value is None and path not in row:
        return RowError(Reason.MISSING_FIELD, f"no field {path!r} among {sorted(map(str, row))!r}")
    if isinstance(value, str):
        return RowError(Reason.BAD_GOLD, f"field {path!r} is blank")
    return RowError(Reason.MISSING_FIELD, f"field {path!r} is not text: {value!r}"[:200])
