"""Errors that end a command in one line."""

import errno
import re

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FULL_TEXT = re.compile("No space left on device|Disk quota exceeded")


class UserError(Exception):
    """Wrong input: one line that says what is wrong and how to mend it (exit code 2)."""


class TrainingError(Exception):
    """Training cannot go on, through no fault of the input: one line, exit 1."""


class NonFiniteError(TrainingError):
    """Loss or gradient was no number in several steps in a row.

    Attributes:
        first: The first of these steps.
        last: The last of them.
    """

    def __init__(self, message: str, first: int, last: int) -> None:
        super().__init__(message)
        self.first = first
        self.last = last


def is_disk_full(error: BaseException | None) -> bool:
    """Whether an error, or one that it was raised from, says that a disk is full.

    Orbax and Parquet raise errors of their own, in which only the text says it.
    """
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        if _FULL_TEXT.search(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False
