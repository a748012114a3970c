"""Questions with a short answer: StrategyQA (yes or no), and multiple choice as in ARC.

StrategyQA: Geva et al. 2021, arXiv:2101.02235. ARC: Clark et al. 2018, arXiv:1803.05457.
"""

from collections.abc import Mapping
from typing import Any

from reasoning_data.errors import Reason, RowError
from reasoning_data.problem import Problem
from reasoning_data.rows import Row
from reasoning_data.sources.convert import Provenance, text_field

YES_NO: Mapping[Any, str] = {True: "yes", False: "no", "yes": "yes", "no": "no"}
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def from_strategyqa(row: Row, provenance: Provenance) -> Problem:
    """A problem from a row with `question`, a boolean `answer`, and `facts` as the rationale.

    Raises:
        RowError: A field is missing, or the answer is neither yes nor no.
    """
    answer = row.get("answer")
    key = answer.strip().casefold() if isinstance(answer, str) else answer
    key = {"true": True, "false": False}.get(key, key) if isinstance(key, str) else key
    if not isinstance(key, bool | str) or key not in YES_NO:
        raise RowError(Reason.BAD_GOLD, f"neither yes nor no: {answer!r}")
    facts = row.get("facts") or ""
    rationale = facts if isinstance(facts, str) else "\n".join(map(str, facts))
    return provenance.problem(text_field(row, "question"), YES_NO[key], rationale.strip())


def from_choice(row: Row, provenance: Provenance) -> Problem:
    """A problem from a multiple-choice row; the gold is the letter of the right choice.

    Two layouts are read: `choices` as `{"text": […], "label": […]}` with `answerKey` (ARC,
    CommonsenseQA, OpenBookQA), and `choices` as a list with the index `answer` (MMLU). Labels that
    are digits become letters, so that a gold is never mistaken for a number.

    Raises:
        RowError: A field is missing, or the key names no choice.
    """
    question = text_field(row, "question_stem" if "question_stem" in row else "question")
    texts, labels, key = _choices(row)
    if key not in labels:
        raise RowError(Reason.BAD_GOLD, f"the key {key!r} is none of {labels!r}")
    if len(texts) > len(LETTERS):
        raise RowError(
            Reason.BAD_GOLD, f"{len(texts)} choices, at most {len(LETTERS)} have letters"
        )
    lines = [f"({letter}) {text}" for letter, text in zip(LETTERS, texts, strict=False)]
    explanation = row.get("explanation") or row.get("solution") or ""
    return provenance.problem(
        "\n".join([question.strip(), *lines]), LETTERS[labels.index(key)], str(explanation)
    )


def _choices(row: Row) -> tuple[list[str], list[str], str]:
    choices = row.get("choices")
    if isinstance(choices, Mapping) and {"text", "label"} <= set(choices):
        texts, labels = list(choices["text"]), [str(label) for label in choices["label"]]
        if len(texts) != len(labels):
            raise RowError(Reason.MISSING_FIELD, f"{len(texts)} choices, {len(labels)} labels")
        return texts, labels, str(row.get("answerKey"))
    if isinstance(choices, list) and choices:
        return choices, [str(i) for i in range(len(choices))], str(row.get("answer"))
    raise RowError(Reason.MISSING_FIELD, f"no choices in field 'choices': {choices!r}"[:200])
