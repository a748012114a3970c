"""Watch for steps whose loss or gradient is no number."""

from reasoning_train.errors import NonFiniteError


class NonFiniteGuard:
    """Counts steps that the optimizer skipped, and ends a stage that makes no progress.

    Args:
        stage: Its name, for the message.
        limit: So many skipped steps in a row end the stage.
    """

    def __init__(self, stage: str, limit: int) -> None:
        self._stage = stage
        self._limit = limit
        self._in_a_row = 0

    def check(self, step: int, skipped: float) -> None:
        """Take note of a step; `skipped` is the metric, what the optimizer's own state says.

        Raises:
            NonFiniteError: After `limit` skipped steps in a row.
        """
        self._in_a_row = self._in_a_row + 1 if skipped else 0
        if self._in_a_row >= self._limit:
            raise NonFiniteError(
                f"{self._stage} stopped at step {step}: loss or gradient was no finite number in "
                f"{self._limit} steps in a row. The newest checkpoint is good; try a lower "
                f"{self._stage}.learning-rate or model.dtype float32 in a new run, or go back to "
                f"the checkpoint and past those steps with --{self._stage}.after-skipped return",
                step - self._limit + 1,
                step,
            )
