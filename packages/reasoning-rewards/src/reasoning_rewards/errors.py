"""The package's own error type."""


class RewardError(ValueError):
    """A caller's mistake: the message names the offending value and how to mend it."""
