"""Converters for yes/no questions, as in StrategyQA, and multiple choice, as in ARC.

StrategyQA: Geva et al. 2021, arXiv:2101.02235. BoolQ: Clark et al. 2019, arXiv:1905.10044. ARC:
Clark et al. 2018, arXiv:1803.05457.
"""

import re
from collections.abc import Mapping

from reasoning_data.errors import Reason, RowError
from reasoning_data.problem import Problem
from reasoning_data.sources import fields
from reasoning_data.sources.convert import Provenance
from reasoning_data.sources.files.raw_row import Row
from reasoning_data.sources.multiple_choice import LETTERS, Choices, read_choices

VERDICTS: Mapping[str, str] = {
    "true": "yes", "false": "no", "yes": "yes", "no": "no", "1": "yes", "0": "no",
}  # fmt: skip
QUESTION_FIELDS = (
    "question_stem", "question.stem", "question", "query", "problem", "ctx", "goal", "sentence",
    "prompt", "input",
)  # fmt: skip
EXPLANATIONS = ("explanation", "rationale", "solution", "exp", "support")


def from_strategyqa(row: Row, provenance: Provenance) -> Problem:
    """Convert a row with `question`, a boolean `answer`, and `facts` as the rationale.

    The answer may be a boolean, 1 or 0, or a word, and may be in the field `label` (BoolQ in
    SuperGLUE).

    Raises:
        RowError: A field is missing, or the answer is neither yes nor no.
    """
    answer = row.get("answer", row.get("label"))
    key = str(answer).strip().casefold() if isinstance(answer, bool | int | str) else ""
    if key not in VERDICTS:
        raise RowError(Reason.BAD_GOLD, f"neither yes nor no: {answer!r}")
    facts = row.get("facts") or ""
    rationale = facts if isinstance(facts, str) else "\n".join(map(str, facts))
    return provenance.problem(_question(row), VERDICTS[key], rationale.strip())


def from_choice(row: Row, provenance: Provenance) -> Problem:
    """Convert a multiple-choice row; the gold is the letter of the right choice.

    The layouts are those of `read_choices`. The choices are listed with letters after the question
    unless it lists them already (digits could be mistaken for values); a passage goes before it.

    Raises:
        RowError: A field is missing, or the key matches no choice.
    """
    choices_in = row.get("question") if isinstance(row.get("question"), Mapping) else None
    choices = read_choices({**row, **choices_in} if choices_in else row)
    question = _question(row).strip()
    if not _already_listed(question, choices):
        lines = [f"({letter}) {text}" for letter, text in zip(LETTERS, choices.texts, strict=False)]
        question = "\n".join([question, *lines])
    explanation = next((str(row[name]) for name in EXPLANATIONS if row.get(name)), "")
    return provenance.problem(question, LETTERS[choices.right], explanation)


def _question(row: Row) -> str:
    question = fields.question_text(row, QUESTION_FIELDS)
    if not question:
        raise RowError(Reason.MISSING_FIELD, f"no question among {sorted(map(str, row))!r}")
    return fields.with_context(row, question)


def _already_listed(question: str, choices: Choices) -> bool:
    """Return whether the question lists all choices with the letters they would get."""
    return all(
        re.search(rf"(?:^|[\s(]){letter}[).:]\s*{re.escape(text.strip())}(?!\w)", question)
        for letter, text in zip(LETTERS, choices.texts, strict=False)
    )
