"""The package's errors and the reasons a row can be refused for."""

from dataclasses import dataclass
from enum import StrEnum


class DataError(Exception):
    """The user's input is wrong; the message says what and how to mend it."""


class Reason(StrEnum):
    """Why a row did not reach a training file. The value is what `rejects.jsonl` says."""

    BROKEN_ROW = "broken_row"
    WRONG_ENCODING = "wrong_encoding"
    ROW_TOO_LONG = "row_too_long"
    MISSING_FIELD = "missing_field"
    BAD_GOLD = "bad_gold"
    NON_FINITE_GOLD = "non_finite_gold"
    DUPLICATE_ID = "duplicate_id"
    EXACT_DUPLICATE = "exact_duplicate"
    CONFLICTING_GOLD = "conflicting_gold"
    NEAR_DUPLICATE = "near_duplicate"
    CONTAMINATED_EXACT = "contaminated_exact"
    CONTAMINATED_NEAR = "contaminated_near"
    CONTAMINATED_NGRAM = "contaminated_ngram"
    EVAL_NGRAM = "eval_ngram"
    CONTROL_TOKEN = "control_token"
    SCHEMA_BROKEN = "schema_broken"
    EMPTY_RATIONALE = "empty_rationale"
    ANSWER_NOT_IN_REASONING = "answer_not_in_reasoning"
    GOLD_NOT_LAST = "gold_not_last"
    PROMPT_TOO_LONG = "prompt_too_long"
    COMPLETION_TOO_LONG = "completion_too_long"


BAD_INPUT = frozenset(
    {
        Reason.BROKEN_ROW,
        Reason.WRONG_ENCODING,
        Reason.ROW_TOO_LONG,
        Reason.MISSING_FIELD,
        Reason.BAD_GOLD,
        Reason.NON_FINITE_GOLD,
        Reason.DUPLICATE_ID,
        Reason.CONFLICTING_GOLD,
        Reason.CONTROL_TOKEN,
        Reason.SCHEMA_BROKEN,
        Reason.EMPTY_RATIONALE,
    }
)
"""Reasons that a strict build stops at; the others are the cleaning's everyday work."""


class RowError(Exception):
    """One row cannot be used; the build lists it and goes on."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was refused.

    Attributes:
        id: The problem's id, or `file:line` where the row did not get as far as an id.
        reason: Why.
        detail: The offending value, or the row it collides with.
        origin: `file:line` of the source row; empty for problems handed over in memory.
        split: The split the row was meant for; empty where that was not yet known.
        text: The beginning of the raw row or of the question, to recognise it by.
    """

    id: str
    reason: Reason
    detail: str
    origin: str
    split: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a row."""

    reason: Reason
    detail: str
