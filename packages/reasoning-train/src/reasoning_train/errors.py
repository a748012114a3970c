"""The one error that is the user's to mend."""


class UserError(Exception):
    """Wrong input: one line that says what is wrong and how to mend it (exit code 2)."""
