"""Errors of the package, and the reasons for rejecting a row."""

from dataclasses import dataclass
from enum import StrEnum


class DataError(Exception):
    """Wrong input from the user; the message says what is wrong and how to fix it."""


class Reason(StrEnum):
    """Reason why a row was rejected or flagged, as written to `rejects.jsonl` and `flags.jsonl`."""

    BROKEN_ROW = "broken_row"
    WRONG_ENCODING = "wrong_encoding"
    ROW_TOO_LONG = "row_too_long"
    MISSING_FIELD = "missing_field"
    BAD_GOLD = "bad_gold"
    BAD_RUBRIC = "bad_rubric"
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
        Reason.BAD_RUBRIC,
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
    """Error in one row; the build lists the row and continues."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Reject:
    """Rejected row.

    Attributes:
        id: Id of the problem, or of its line if the row could not be converted.
        reason: Reason of the rejection.
        detail: The offending value, or the row that it collides with.
        origin: `file:line` of the source row; empty for problems passed in memory.
        split: Intended split of the row; empty if it was not yet known.
        text: Beginning of the raw row or of the question.
    """

    id: str
    reason: Reason
    detail: str
    origin: str
    split: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Problem that a check found in a row."""

    reason: Reason
    detail: str
