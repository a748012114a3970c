"""Interface of all trackers, and the trackers that a configuration enables."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Self

from reasoning_train.config import RunConfig
from reasoning_train.run_dir.directory import RunDir
from reasoning_train.run_dir.metrics import StepLine


class Sink(ABC):
    """Receiver of the lines of `metrics.jsonl`; it is closed at the end of the process."""

    @abstractmethod
    def begin(self, stage: str, logged: Sequence[StepLine], start: int) -> None:
        """Begin or resume a stage.

        Args:
            stage: `sft` or `grpo`.
            logged: Lines written by earlier processes, in order.
            start: Step of the checkpoint that the stage resumes from; 0 for a new stage. Lines of
                later steps will be written again.
        """

    @abstractmethod
    def write(self, line: StepLine) -> None:
        """Write one line."""

    def __enter__(self) -> Self:
        return self

    @abstractmethod
    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """Write pending lines and close the tracker."""


@contextmanager
def open_sinks(config: RunConfig, run: RunDir, seconds_used: float) -> Iterator[tuple[Sink, ...]]:
    """Open the trackers that the configuration enables, and close them after the block.

    Args:
        config: Configuration of the run.
        run: Run directory in which the trackers keep their files.
        seconds_used: Seconds used by earlier processes of the run.

    Raises:
        UserError: A tracker is not installed or cannot start.
    """
    with ExitStack() as stack:
        sinks: list[Sink] = []
        if config.track.tensorboard:
            from reasoning_train.tracking.tensorboard import TensorBoard

            sinks.append(stack.enter_context(TensorBoard(run.tensorboard, seconds_used)))
        if config.track.wandb:
            from reasoning_train.tracking.weights_and_biases import WeightsAndBiases

            sinks.append(stack.enter_context(WeightsAndBiases(config, run)))
        yield tuple(sinks)
