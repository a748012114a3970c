"""What would be better: larger rows, other micro-batches, recomputation or not; asked by compiling.

What only changes speed and memory is applied; what changes what is learnt (batch sizes of updates,
lengths, group sizes) is only told.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from reasoning_train.config import RunConfig
from reasoning_train.plan.hints import SPARE
from reasoning_train.plan.planner import Planner
from reasoning_train.plan.roofline import estimate
from reasoning_train.plan.search import largest_doubling
from reasoning_train.plan.workload import Work

WORTHWHILE = 0.97
"""A change is worth it if it takes at most this share of the time."""
MOST_DOUBLINGS = 6


@dataclass(frozen=True, slots=True)
class RowLimit:
    """How far the rows of a function can be doubled.

    Attributes:
        setting: The setting that makes them.
        value: Its largest value tried that leaves enough memory; 0 if none did.
        rows: Rows of the function at that value.
        rows_per_s: Its estimated rows a second there.
        refused: The next value, which leaves too little; None where the search ended before one.
    """

    setting: str
    value: int
    rows: int
    rows_per_s: float
    refused: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """A setting that makes a run faster and leaves what is learnt as it is."""

    setting: str
    before: Any
    after: Any
    gain: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What was found."""

    limits: list[RowLimit]
    changes: list[Change]

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


class Advisor:
    """Asks the planner about other settings.

    Args:
        planner: Compiles, or remembers.
        config: The settings to improve.
    """

    def __init__(self, planner: Planner, config: RunConfig) -> None:
        self._planner = planner
        self._config = config
        self._usable = planner.topology.chip.usable_bytes * (1 - SPARE)

    def advice(self) -> Advice:
        """Everything that is looked for."""
        return Advice(self.row_limits(), list(self.changes()))

    def row_limits(self) -> list[RowLimit]:
        """The largest batches that fit, by doubling."""
        config = self._config
        workload = self._planner.workload(config)
        generations = config.grpo.num_generations
        optimizer = self._optimizer_bytes()

        def decode(prompts: int) -> Work:
            return list(workload.rollout(prompts * generations))[-1]

        return [
            self._limit("sft.batch_size", config.sft.batch_size, workload.sft_step, 0),
            self._limit("grpo.batch_size (rollouts)", config.grpo.batch_size, decode, optimizer),
        ]

    def changes(self) -> Iterator[Change]:
        """Settings worth changing, the best of those tried."""
        yield from self._updates()
        yield from self._evaluation_rows()

    def _updates(self) -> Iterator[Change]:
        """The fastest way through GRPO's batch: one kind of change after another, each on top of
        the best so far. What SFT's step has no room for is not taken.
        """
        now = start = self._config
        before = best = self._updates_s(now)
        kinds = [_wider_chunks, _larger_micro_batches, _other_remat]
        if best is None:
            kinds = [_other_remat, _smaller_micro_batches]
        for kind in kinds:
            for config in kind(start):
                seconds = self._updates_s(config)
                if seconds is None or (best is not None and seconds > WORTHWHILE * best):
                    if best is not None:
                        break  # where some more is no gain, still more is not either
                elif self._sft_fits(config):
                    start, best = config, seconds
        if best is None:
            return
        gain = f"GRPO's updates {best:.2f} s a step"
        gain += f" instead of {before:.2f} s" if before else ", which did not fit"
        for section, key in TRIED:
            old, new = (getattr(getattr(c, section), key) for c in (now, start))
            if old != new:
                yield Change(f"{section}.{key}", old, new, gain)

    def _updates_s(self, config: RunConfig) -> float | None:
        """Estimated seconds of an update of GRPO; None where it does not fit."""
        prompts = config.grpo.micro_batch or config.grpo.batch_size
        return self._seconds(self._planner.workload(config).grpo_step(prompts))

    def _sft_fits(self, config: RunConfig) -> bool:
        work = self._planner.workload(config).sft_step(config.sft.batch_size)
        return self._needed(work) <= self._usable

    def _evaluation_rows(self) -> Iterator[Change]:
        """As many problems together as GRPO's rollouts have rows: those fit."""
        now = self._config
        chips = self._planner.topology.chips
        rows = min(now.grpo.batch_size * now.grpo.num_generations, now.data.eval_problems)
        rows = max(rows // chips, 1) * chips
        if rows > now.evaluation.batch_size or now.evaluation.batch_size % chips:
            yield Change(
                "evaluation.batch_size", now.evaluation.batch_size, rows, "fewer, fuller batches"
            )

    def _limit(
        self, setting: str, start: int, work: Callable[[int], Work], beside: int
    ) -> RowLimit:
        def needed(doublings: int) -> float:
            return self._needed(work(start << doublings)) + beside

        found = largest_doubling(needed, self._usable, MOST_DOUBLINGS)
        refused = None if found.refused is None else start << found.refused
        if found.most < 0:
            return RowLimit(setting, 0, 0, 0.0, refused)
        best = work(start << found.most)
        seconds = self._seconds(best, beside)
        rate = best.rows / seconds if seconds else 0.0
        return RowLimit(setting, start << found.most, best.rows, rate, refused)

    def _needed(self, work: Work) -> float:
        """Bytes a chip; infinite where the compiler refused."""
        report = self._planner.report(work)
        return report.needed if report.memory else math.inf

    def _seconds(self, work: Work, beside: int = 0) -> float | None:
        """Estimated seconds; None where it leaves too little memory."""
        report = self._planner.report(work)
        if report.cost is None or report.needed + beside > self._usable:
            return None
        chip = self._planner.topology.chip
        return estimate(report.cost, chip, self._planner.efficiency).total_s

    def _optimizer_bytes(self) -> int:
        config = self._config
        prompts = config.grpo.micro_batch or config.grpo.batch_size
        memory = self._planner.report(self._planner.workload(config).grpo_step(prompts)).memory
        return memory.arguments["optimizer"] if memory else 0


TRIED = (("model", "head_columns"), ("grpo", "micro_batch"), ("model", "remat"))
"""Settings that advice changes."""


def _wider_chunks(config: RunConfig) -> Iterator[RunConfig]:
    """The head's table is read once a chunk: wider ones read it less often."""
    columns = 4 * config.model.head_columns
    while columns <= config.data.completion_tokens:
        yield _with(config, "model", head_columns=columns)
        columns *= 4


def _larger_micro_batches(config: RunConfig) -> Iterator[RunConfig]:
    prompts = 2 * (config.grpo.micro_batch or config.grpo.batch_size)
    while config.grpo.batch_size % prompts == 0:
        yield _with(config, "grpo", micro_batch=prompts)
        prompts *= 2


def _smaller_micro_batches(config: RunConfig) -> Iterator[RunConfig]:
    prompts = config.grpo.micro_batch or config.grpo.batch_size
    while prompts % 2 == 0:
        prompts //= 2
        yield _with(config, "grpo", micro_batch=prompts)


def _other_remat(config: RunConfig) -> Iterator[RunConfig]:
    yield _with(config, "model", remat=not config.model.remat)


def applied(config: RunConfig, changes: list[Change]) -> RunConfig:
    """The configuration with the changes made."""
    for change in changes:
        section, key = change.setting.split(".")
        config = _with(config, section, **{key: change.after})
    return config


def _with(config: RunConfig, section: str, **values: Any) -> RunConfig:
    part = getattr(config, section).model_copy(update=values)
    return config.model_copy(update={section: part})
