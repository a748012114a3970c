"""What a check found on one row."""

from dataclasses import dataclass

from reasoning_data.errors import Reason


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a row."""

    reason: Reason
    detail: str
