"""A parsed completion, and how it stands to its schema."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

_INVISIBLE: Final = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xAD, 0xFEFF]
)


class TraceStatus(Enum):
    """How a completion stands to the schema; the first fault found, in this order."""

    WELL_FORMED = "well_formed"
    EMPTY = "empty"
    NO_TAGS = "no_tags"
    MALFORMED_TAG = "malformed_tag"
    DUPLICATE_ANSWER = "duplicate_answer"
    DUPLICATE_REASONING = "duplicate_reasoning"
    TRUNCATED = "truncated"
    UNOPENED_REASONING = "unopened_reasoning"
    MISSING_REASONING = "missing_reasoning"
    MISSING_ANSWER = "missing_answer"
    WRONG_ORDER = "wrong_order"
    TEXT_OUTSIDE = "text_outside"
    EMPTY_ANSWER = "empty_answer"


@dataclass(frozen=True, slots=True)
class Trace:
    """A parsed completion.

    `reasoning` is the text of the reasoning block, verbatim (several blocks are joined by a
    newline; empty when there is none). `answer` is the text of the answer block or box, verbatim,
    and `None` unless exactly one closed block with something visible in it exists, or one or more
    closed boxes that say the same.
    """

    status: TraceStatus
    reasoning: str
    answer: str | None

    @property
    def well_formed(self) -> bool:
        return self.status is TraceStatus.WELL_FORMED


def is_blank(text: str) -> bool:
    """Whether nothing visible is in a text."""
    stripped = text.strip()
    if not stripped:
        return True
    return not stripped.isascii() and not stripped.translate(_INVISIBLE).strip()
