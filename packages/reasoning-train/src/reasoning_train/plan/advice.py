"""What would be better: larger rows, other micro-batches, recomputation or not; asked by compiling.

What only changes speed and memory is applied; what changes what is learnt (batch sizes of updates,
lengths, group sizes) is only told.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from reasoning_train.config import RunConfig
from reasoning_train.plan.hints import SPARE
from reasoning_train.plan.planner import Planner
from reasoning_train.plan.roofline import estimate
from reasoning_train.plan.workload import Work

WORTHWHILE = 0.97
"""A change is worth it if it takes at most this share of the time."""


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
        yield from self._micro_batch_and_remat()
        yield from self._evaluation_rows()

    def _micro_batch_and_remat(self) -> Iterator[Change]:
        """A faster way through GRPO's batch: larger micro-batches, then with or without remat."""
        now = self._config
        prompts = now.grpo.micro_batch or now.grpo.batch_size
        remat, best = now.model.remat, self._batch_s(now.model.remat, prompts)
        before, start = best, prompts
        while now.grpo.batch_size % (2 * prompts) == 0:
            seconds = self._batch_s(remat, 2 * prompts)
            if seconds is None or (best is not None and seconds > WORTHWHILE * best):
                break
            prompts, best = 2 * prompts, seconds
        other = self._batch_s(not remat, prompts)
        if other is not None and (best is None or other < WORTHWHILE * best):
            sft = self._planner.workload(_with(now, "model", remat=not remat))
            if self._seconds(sft.sft_step(now.sft.batch_size)) is not None:
                remat, best = not remat, other
        if best is None:
            return
        gain = f"GRPO's updates {best:.2f} s a step"
        gain += f" instead of {before:.2f} s" if before else ", which did not fit"
        if remat != now.model.remat:
            yield Change("model.remat", now.model.remat, remat, gain)
        if prompts != start:
            yield Change("grpo.micro_batch", start, prompts, gain)

    def _batch_s(self, remat: bool, prompts: int) -> float | None:
        """Estimated seconds of all micro-steps of a batch; None where one does not fit."""
        config = _with(self._config, "model", remat=remat)
        seconds = self._seconds(self._planner.workload(config).grpo_step(prompts))
        return None if seconds is None else seconds * (config.grpo.batch_size // prompts)

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
        best, value = (0, 0, 0.0), start
        refused = None
        while refused is None and value <= 64 * start:
            asked = work(value)
            seconds = self._seconds(asked, beside)
            if seconds is None:
                refused = value
            else:
                best = (value, asked.rows, asked.rows / seconds)
                value *= 2
        return RowLimit(setting, *best, refused)

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


def applied(config: RunConfig, changes: list[Change]) -> RunConfig:
    """The configuration with the changes made."""
    for change in changes:
        section, key = change.setting.split(".")
        config = _with(config, section, **{key: change.after})
    return config


def _with(config: RunConfig, section: str, **values: Any) -> RunConfig:
    part = getattr(config, section).model_copy(update=values)
    return config.model_copy(update={section: part})
