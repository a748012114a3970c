"""The package's error."""


class ExportError(Exception):
    """The user's input is wrong; the message says what and how to mend it."""
