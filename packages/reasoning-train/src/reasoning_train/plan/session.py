"""One call of the command: a plan, and what else was asked about it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from reasoning_train.config import RunConfig
from reasoning_train.plan.advice import Advice, Advisor, applied
from reasoning_train.plan.cache import ReportCache
from reasoning_train.plan.calibration import (
    Calibration,
    MemoryCheck,
    calibrate,
    peaks,
    run_metrics,
)
from reasoning_train.plan.measure import measure_updates
from reasoning_train.plan.planner import OnCompile, Planner
from reasoning_train.plan.result import Plan
from reasoning_train.plan.scaling import Scaled, scaled
from reasoning_train.plan.topology import Topology, slice_devices
from reasoning_train.plan.waste import waste


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked.

    Attributes:
        config: What would run, or ran.
        topology: The slice.
        efficiency: Share of the roofline to count on.
        run: A finished run of the configuration on that slice, to hold the plan against.
        advise: Whether to look for better settings.
        larger: Slices to scale to.
    """

    config: RunConfig
    topology: Topology
    efficiency: float
    run: Path | None = None
    advise: bool = False
    larger: Sequence[Topology] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found; what was not asked for is empty."""

    plan: Plan
    advice: Advice | None = None
    calibration: list[Calibration] = field(default_factory=list)
    memory: list[MemoryCheck] = field(default_factory=list)
    waste: list[str] = field(default_factory=list)
    scaling: list[Scaled] = field(default_factory=list)

    @property
    def tuned(self) -> RunConfig:
        """The configuration with the changes that were advised."""
        return applied(self.plan.config, self.advice.changes if self.advice else [])

    def as_dict(self) -> dict[str, Any]:
        """For machines, and for the report."""
        values = self.plan.as_dict()
        values["hints"] = [*values["hints"], *self.waste]
        return {
            **values,
            "advice": self.advice.as_dict() if self.advice else None,
            "calibration": [c.as_dict() for c in self.calibration],
            "memory_checks": [{**asdict(m), "error": m.error} for m in self.memory],
            "scaling": [s.as_dict() for s in self.scaling],
        }


def answer(asked: Asked, on_compile: OnCompile) -> Answer:
    """Plan, and look further where that was asked.

    Raises:
        UserError: If the run is none, or the configuration's model is unknown.
    """
    metrics = run_metrics(asked.run) if asked.run else None
    planner = _planner(asked.topology, asked.efficiency, on_compile)
    plan = Plan(asked.config, asked.topology, planner.plan(asked.config), asked.efficiency)
    found = Answer(
        plan,
        advice=Advisor(planner, asked.config).advice() if asked.advise else None,
        scaling=scaled([plan, *_on_larger(asked, on_compile)]) if asked.larger else [],
    )
    if asked.run is None or metrics is None:
        return found
    measured = measure_updates(planner, asked.config) if asked.topology.is_here else []
    return replace(
        found,
        calibration=calibrate(asked.run, metrics, plan.stages, asked.efficiency),
        memory=[*peaks(metrics, plan.functions), *measured],
        waste=waste(asked.run, metrics, asked.config),
    )


def _on_larger(asked: Asked, on_compile: OnCompile) -> list[Plan]:
    """Plans of the training stages on the larger slices."""
    plans = []
    for topology in asked.larger:
        planner = _planner(topology, asked.efficiency, on_compile)
        functions = planner.plan(asked.config, evaluation=False)
        plans.append(Plan(asked.config, topology, functions, asked.efficiency))
    return plans


def _planner(topology: Topology, efficiency: float, on_compile: OnCompile) -> Planner:
    return Planner(topology, slice_devices(topology), ReportCache(), efficiency, on_compile)
