"""Guard against steps whose loss or gradient is not finite."""

from reasoning_train.errors import NonFiniteError


class NonFiniteGuard:
    """Counter of skipped steps that ends a stage after too many in a row.

    Args:
        stage: Name of the stage, `sft` or `grpo`, for the message.
        limit: Number of skipped steps in a row that ends the stage.
    """

    def __init__(self, stage: str, limit: int) -> None:
        self._stage = stage
        self._limit = limit
        self._in_a_row = 0

    def check(self, step: int, skipped: float) -> None:
        """Count a step as skipped or not.

        Args:
            step: Number of the step, from 1.
            skipped: The metric `skipped`, read from the optimizer's state; not 0 if the optimizer
                skipped the step.

        Raises:
            NonFiniteError: This is the `limit`-th skipped step in a row.
        """
        self._in_a_row = self._in_a_row + 1 if skipped else 0
        if self._in_a_row >= self._limit:
            raise NonFiniteError(
                f"{self._stage} stopped at step {step}: loss or gradient was not finite in "
                f"{self._limit} steps in a row. The newest checkpoint is good. Try a lower "
                f"--{self._stage}.learning-rate or --model.dtype float32 in a new run, or resume "
                "this one from that checkpoint without the batches of those steps: "
                f"--{self._stage}.after-skipped rollback",
                step - self._limit + 1,
                step,
            )
