"""The package's errors."""


class ExportError(Exception):
    """The user's input is wrong; the message says what and how to mend it."""


class UploadError(Exception):
    """An upload did not go through for a reason that is not the user's input."""


class CommandError(Exception):
    """A command that a notebook ran did not end well."""
