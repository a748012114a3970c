"""Errors that end a command in one line."""


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
