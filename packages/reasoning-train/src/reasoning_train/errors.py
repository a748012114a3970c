"""Errors that end a command in one line."""


class UserError(Exception):
    """Wrong input: one line that says what is wrong and how to mend it (exit code 2)."""


class TrainingError(Exception):
    """Training cannot go on, through no fault of the input: one line, exit 1."""
