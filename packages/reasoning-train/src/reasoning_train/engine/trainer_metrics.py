"""Receive the numbers that Tunix's trainers log, step by step."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tunix.sft.metrics_logger import MetricsLoggerOptions
from tunix.sft.peft_trainer import PeftTrainer

OnStep = Callable[[int, dict[str, float]], None]
"""Called once a step with the step's number, from 1, and its values."""


class StepCollector:
    """A logging backend for Tunix that hands on all values of a step together.

    Tunix logs one scalar at a time, one step late. A step is complete when a later one begins, at
    `flush` or at `close`. Values that are not finite numbers are kept: they are what one looks for.
    Tunix never takes a backend off `jax.monitoring`'s list, so after `close` this one turns deaf: a
    later trainer of the same process is not its business.
    """

    def __init__(self, on_step: OnStep, names: dict[str, str]) -> None:
        self._on_step = on_step
        self._names = names
        self._step: int | None = None
        self._values: dict[str, float] = {}
        self._closed = False

    def log_scalar(self, event: str, value: Any, **kwargs: Any) -> None:
        """`jax.monitoring` calls this with `event` such as `actor/train/loss` and `step=…`."""
        name = self._names.get(event)
        if name is None or self._closed:
            return
        step = int(kwargs["step"])
        if step != self._step:
            self.flush()
            self._step = step
        self._values[name] = float(np.mean(value))

    def close(self) -> None:
        """Hand on what is left and take no more."""
        self.flush()
        self._closed = True

    def flush(self) -> None:
        """Hand on the values so far as all that the step has."""
        if self._step is not None and self._values:
            values, self._values = self._values, {}
            try:
                self._on_step(self._step, values)
            except BaseException:
                self._closed = True  # this trainer is over, too
                raise


def log_before_saving(trainer: PeftTrainer) -> None:
    """Have a trainer log every step up to a checkpoint before it saves that one.

    Tunix logs a step while the next is under way, and saves it before. A process that is killed in
    between leaves a checkpoint without its metrics, whose steps must then be made again.
    """
    manager = trainer.checkpoint_manager
    save = manager.save
    collectors = [b for b in trainer.metrics_logger._backends if isinstance(b, StepCollector)]

    def log_and_save(step: int, *args: Any, force: bool = False, **options: Any) -> bool:
        if force or manager._checkpoint_manager.should_save(step):
            while trainer._prev_buffered_train_metrics is not None:
                trainer._write_train_metrics()
            for collector in collectors:
                collector.flush()
        return bool(save(step, *args, force=force, **options))

    manager.save = log_and_save


def collecting(on_step: OnStep, names: dict[str, str], log_dir: Path) -> MetricsLoggerOptions:
    """Logger options that send the events in `names` to `on_step`, under their new names."""
    return MetricsLoggerOptions(
        log_dir=str(log_dir),
        backend_kwargs={"custom_backend": [lambda: StepCollector(on_step, names)]},
    )
