"""Exceptions that the package raises."""


class ExportError(Exception):
    """Raised if the user's input is wrong; the message says what is wrong and how to fix it."""


class UploadError(Exception):
    """Raised if an upload fails for a reason other than the user's input."""


class CommandError(Exception):
    """Raised if a command run from a notebook fails."""
