"""What every stage is given: configuration, run directory, clock, and the model in memory."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from jax.sharding import Mesh
from rich.console import Console

from reasoning_data.rendering import get_style
from reasoning_train.clock.budget import Clock
from reasoning_train.clock.learning_rate import ClockRate
from reasoning_train.config import RunConfig
from reasoning_train.config import engine_settings as settings
from reasoning_train.config.schema import GrpoSection, SftSection
from reasoning_train.engine.checkpoint import restore_weights
from reasoning_train.engine.gemma import check_window
from reasoning_train.engine.generation import Generator, Lengths
from reasoning_train.engine.mesh import make_mesh
from reasoning_train.engine.model import Policy, add_lora, load_base
from reasoning_train.engine.optimizer import make_schedule
from reasoning_train.engine.replicate import replicate
from reasoning_train.loop.interruption import Interruption
from reasoning_train.models import BaseModelFiles
from reasoning_train.models.tokenizer import Tokenizer
from reasoning_train.reward.schedule import FinalReward, user_rewards
from reasoning_train.reward.user_function import Own, UserReward
from reasoning_train.run_dir.directory import RunDir
from reasoning_train.run_dir.metrics import MetricsLog, logged_lines
from reasoning_train.tracking import Sink

_log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass
class RunContext:
    """One run in one process; mesh, tokenizer, model and generator are made when first needed.

    The model is loaded once and given the trained weights of whichever checkpoint a stage asks for.
    """

    config: RunConfig
    base: BaseModelFiles
    run: RunDir
    clock: Clock
    console: Console
    interruption: Interruption = field(default_factory=Interruption)
    sinks: tuple[Sink, ...] = ()
    stage_begun: float = 0.0
    """Seconds that the run had used when the stage at hand was first begun."""
    own_rewards: Own = field(default_factory=dict)
    """Functions of `reward.extra` that only this process has."""

    @cached_property
    def tokenizer(self) -> Tokenizer:
        stop = get_style(self.config.data.style).stop
        return Tokenizer(self.base.tokenizer, stop)

    @cached_property
    def mesh(self) -> Mesh:
        return make_mesh()

    @property
    def lengths(self) -> Lengths:
        return settings.lengths(self.config)

    @cached_property
    def model(self) -> Policy:
        """The base itself, or with fresh adapters, whose outputs are the base's."""
        section = self.config.model
        base = load_base(self.base.folder, dtype=section.dtype, remat=section.remat, mesh=self.mesh)
        check_window(base.config, max(self.lengths.cache, self.config.sft.packing))
        if section.placement == "replicated":
            replicate(base, self.mesh)
        lora = settings.lora(self.config)
        return add_lora(base, lora, seed=self.config.seed, mesh=self.mesh) if lora else base

    @cached_property
    def generator(self) -> Generator:
        return Generator(self.model, self.tokenizer, self.lengths, self.mesh)

    @cached_property
    def user_rewards(self) -> tuple[UserReward, ...]:
        """The user's own reward functions; `close` ends their processes."""
        return user_rewards(self.config.reward, self.own_rewards)

    @cached_property
    def reward(self) -> FinalReward:
        """What checkpoints and stages are judged by."""
        return FinalReward(self.config.reward, self.user_rewards)

    def close(self) -> None:
        """End the processes that were begun for this run."""
        for function in self.__dict__.get("user_rewards", ()):
            function.close()

    def restore(self, model_params: Path) -> None:
        """Give the model the trained weights of a checkpoint."""
        restore_weights(self.model, model_params)

    def say(self, text: str) -> None:
        """Print one line of prose, wrapped by the terminal alone, and keep it in `run.log`."""
        _log.info("%s", text)
        self.console.print(text, highlight=False, soft_wrap=True)

    def metrics_log(self, stage: str, start: int) -> MetricsLog:
        """The log of a stage that goes on after step `start`."""
        logged = logged_lines(self.run.metrics, stage)
        for sink in self.sinks:
            sink.begin(stage, logged, start)
        return MetricsLog(self.run.metrics, stage, self.clock, self.sinks)

    def forget_model(self) -> None:
        """Let the model go: the next one asked for is as it was at first."""
        for name in ("generator", "model"):
            self.__dict__.pop(name, None)

    def steps(self, batches: Iterable[T], stage: str, start: int) -> Iterator[T]:
        """The batches until the stage's time is up or a signal asks to stop.

        Those of the first `start` steps, which an earlier process made, are only passed on.
        """
        for batch in self.clock.until_deadline(batches, stage, start):
            if self.interruption.requested is not None:
                return
            yield batch

    def rate(self, section: SftSection | GrpoSection, stage: str) -> Callable[[int], float]:
        """The learning rate of a stage's steps, counted from 1: by the clock or by the schedule."""
        if section.bound == "clock":
            deadline = self.clock.deadline(stage)
            return ClockRate(
                section.learning_rate, section.warmup_steps, self.clock, self.stage_begun, deadline
            )
        schedule = make_schedule(settings.optimizer_settings(section))
        return lambda step: float(schedule(step - 1))

    def extent(self, section: SftSection | GrpoSection, stage: str) -> int:
        """What a stage's progress counts to: its updates, or seconds if the clock ends it."""
        if section.bound == "steps":
            return section.steps
        return max(1, round(self.clock.deadline(stage) - self.stage_begun))

    def progress(self, section: SftSection | GrpoSection, stage: str, step: int) -> int:
        """How far a stage is after a step, on the scale of `extent`."""
        if section.bound == "steps":
            return step
        return min(round(self.clock.elapsed - self.stage_begun), self.extent(section, stage) - 1)
