"""Raw row of a source, before conversion."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reasoning_data.errors import Reason

Row = Mapping[str, Any]

MAX_ROW_BYTES = 1 << 20
TEXT_KEPT = 200


@dataclass(frozen=True, slots=True)
class RawRow:
    """Fields of a row, or the reason why it could not be read.

    Attributes:
        file: Name of the file (no folder), or of the hub data set.
        line: First line of the row, counted from 1; for formats without lines, the row's number.
        fields: Fields of the row; None if it could not be read.
        reason: Reason why it could not be read.
        detail: What was found instead.
    """

    file: str
    line: int
    fields: Row | None
    reason: Reason | None = None
    detail: str = ""

    @property
    def origin(self) -> str:
        """Location of the row as `file:line`."""
        return f"{self.file}:{self.line}"
