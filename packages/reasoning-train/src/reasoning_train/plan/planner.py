"""Compile a configuration's functions and put the verdicts together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reasoning_train.config import RunConfig
from reasoning_train.plan.cache import ReportCache, key_of_inputs, key_of_program
from reasoning_train.plan.compiler import FunctionReport, compile_function
from reasoning_train.plan.roofline import Estimate, estimate
from reasoning_train.plan.topology import Topology
from reasoning_train.plan.workload import Work, Workload

OnCompile = Callable[[str, int, str], None]
"""Called with a function's name, its rows, and how far the plan is, such as `2 of 7`."""


@dataclass(frozen=True, slots=True)
class PlannedFunction:
    """One function of a plan.

    Attributes:
        name: Such as `sft_step`.
        rows: Rows that go through it together.
        report: What the compiler said.
        beside: Bytes a chip that lie in memory while it runs and are no argument of it, by kind.
        estimate: Its roofline; None where it does not fit.
        usable: Bytes a chip has.
    """

    name: str
    rows: int
    report: FunctionReport
    beside: Mapping[str, int]
    estimate: Estimate | None
    usable: int

    @property
    def needed(self) -> int:
        """Bytes a chip in all while it runs."""
        return self.report.needed + sum(self.beside.values())

    @property
    def fits(self) -> bool:
        return self.report.memory is not None and self.needed <= self.usable

    @property
    def spare(self) -> float:
        """Share of the memory that is left; negative where it does not fit."""
        return 1 - self.needed / self.usable


class Planner:
    """Asks the compiler, or the cache.

    Args:
        topology: The slice to plan for.
        devices: Its devices.
        cache: Where answers are kept.
        efficiency: Share of the roofline that estimates count on.
        on_compile: Called before a function is compiled.
    """

    def __init__(
        self,
        topology: Topology,
        devices: Sequence[Any],
        cache: ReportCache,
        efficiency: float,
        on_compile: OnCompile,
    ) -> None:
        self.topology = topology
        self.cache = cache
        self.efficiency = efficiency
        self._devices = devices
        self._on_compile = on_compile

    def plan(self, config: RunConfig, *, evaluation: bool = True) -> list[PlannedFunction]:
        """Every function that a run of the configuration compiles.

        Args:
            config: What would run.
            evaluation: Whether those of evaluation count.
        """
        works = [
            work
            for work in Workload(config, self._devices).functions()
            if evaluation or not work.name.startswith("evaluation")
        ]
        reports = [
            (work, self.report(work, f"{number} of {len(works)}"))
            for number, work in enumerate(works, 1)
        ]
        held = _held_while_sampling(reports)
        return [self._planned(work, report, held) for work, report in reports]

    def workload(self, config: RunConfig) -> Workload:
        """The functions of a configuration on this slice, to ask about one by one."""
        return Workload(config, self._devices)

    def report(self, work: Work, place: str = "") -> FunctionReport:
        """What the compiler says of one function; `place` is told with its name."""
        first = key_of_inputs(work.name, self.topology.name, work.inputs)
        if known := self.cache.get(first):
            return known
        self._on_compile(work.name, work.rows, place)
        function = work.trace()
        second = key_of_program(
            function.lowered.as_text(), self.topology.name, work.open_trips, function.beside
        )
        report = self.cache.get(second)
        if report is None:
            report = compile_function(
                function, chips=len(self._devices), open_trips=work.open_trips
            )
            self.cache.put(second, report)
        self.cache.put(first, report)
        return report

    def _planned(
        self, work: Work, report: FunctionReport, held: Mapping[str, int]
    ) -> PlannedFunction:
        chip = self.topology.chip
        return PlannedFunction(
            name=work.name,
            rows=work.rows,
            report=report,
            beside=held if work.name in ("rollout_prefill", "rollout_decode", "reference") else {},
            estimate=estimate(report.cost, chip, self.efficiency) if report.cost else None,
            usable=chip.usable_bytes,
        )


def _held_while_sampling(reports: list[tuple[Work, FunctionReport]]) -> dict[str, int]:
    """What GRPO's trainer holds while the sampler works: the optimizer's state."""
    for work, report in reports:
        if work.name == "grpo_step" and report.memory:
            return {"optimizer": report.memory.arguments["optimizer"]}
    return {}
