"""Tunix's trainers draw a progress bar of their own unless they already have one."""


class NoBar:
    """Takes the bar's place and draws nothing: the pipeline draws its own, fed step by step."""

    def update_metrics(self, *args: object, **kwargs: object) -> None:
        """Ignore."""

    def update(self, *args: object) -> None:
        """Ignore."""

    def close(self) -> None:
        """Ignore."""
