"""What every tracker can do, and those that a run asks for."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Self

from reasoning_train.config import RunConfig
from reasoning_train.run_dir.directory import RunDir
from reasoning_train.run_dir.metrics import StepLine


class Sink(ABC):
    """Takes the lines of `metrics.jsonl`; closed at the end of the process."""

    @abstractmethod
    def begin(self, stage: str, logged: Sequence[StepLine], start: int) -> None:
        """A stage begins, or goes on.

        Args:
            stage: `sft` or `grpo`.
            logged: The lines of an earlier process, in order.
            start: The step of the checkpoint that the stage goes on from. Lines of later steps will
                be written again.
        """

    @abstractmethod
    def write(self, line: StepLine) -> None:
        """One more line."""

    def __enter__(self) -> Self:
        return self

    @abstractmethod
    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """Write what is left."""


@contextmanager
def open_sinks(config: RunConfig, run: RunDir, seconds_used: float) -> Iterator[tuple[Sink, ...]]:
    """The trackers that the configuration asks for.

    Args:
        config: Of the run.
        run: Where they keep their files.
        seconds_used: By earlier processes of the run.

    Raises:
        UserError: One of them is not installed or cannot begin.
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
