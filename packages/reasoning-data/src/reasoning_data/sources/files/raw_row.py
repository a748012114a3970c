"""One row as a source holds it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reasoning_data.errors import Reason

Row = Mapping[str, Any]

MAX_ROW_BYTES = 1 << 20
TEXT_KEPT = 200


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as the source holds it: its fields, or the reason why it has none.

    Attributes:
        file: Name of the file (no folder), or of the hub data set.
        line: First line of the row counted from 1; the row's number where a format has no lines.
        fields: The row's fields; None where the row could not be read.
        reason: Why it could not be read.
        detail: What was found instead.
    """

    file: str
    line: int
    fields: Row | None
    reason: Reason | None = None
    detail: str = ""

    @property
    def origin(self) -> str:
        """`file:line`, as in a compiler's message."""
        return f"{self.file}:{self.line}"
