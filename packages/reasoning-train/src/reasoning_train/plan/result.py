"""A plan: every function's verdict, the stages' estimates, and what they come to."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from reasoning_train.config import RunConfig
from reasoning_train.plan.cache import versions
from reasoning_train.plan.hints import hints
from reasoning_train.plan.hlo.collectives import Collective
from reasoning_train.plan.planner import PlannedFunction
from reasoning_train.plan.stages import StageEstimate, budget_s, stage_estimates
from reasoning_train.plan.topology import Topology


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run of a configuration on a slice needs.

    Attributes:
        config: What would run.
        topology: Where.
        functions: Its functions, in the order of a run.
        efficiency: Share of the roofline that the estimates count on.
    """

    config: RunConfig
    topology: Topology
    functions: Sequence[PlannedFunction]
    efficiency: float

    @property
    def fits(self) -> bool:
        """Whether every function fits in a chip's memory."""
        return all(f.fits for f in self.functions)

    @property
    def stages(self) -> list[StageEstimate]:
        return stage_estimates(self.config, self.functions)

    @property
    def compile_s(self) -> float:
        """Processor seconds that compiling took here; a run compiles the same."""
        return sum(f.report.compile_s for f in self.functions)

    @property
    def total_s(self) -> float:
        """Estimated seconds of all stages."""
        return sum(stage.total_s for stage in self.stages)

    @property
    def hints(self) -> list[str]:
        """What is worth changing, as far as it shows without compiling anything else."""
        return hints(self.config, self.topology, self.functions, self.stages)

    def as_dict(self) -> dict[str, Any]:
        """For machines; bytes are a chip's."""
        return {
            "fits": self.fits,
            "topology": self.topology.name,
            "usable_bytes": self.topology.chip.usable_bytes,
            "functions": {f.name: _function(f) for f in self.functions},
            "stages": {s.name: _stage(s) for s in self.stages},
            "budget_s": budget_s(self.config),
            "total_s": self.total_s,
            "efficiency": self.efficiency,
            "hints": self.hints,
            "versions": versions(),
        }


def decoding_collectives(function: PlannedFunction) -> list[Collective]:
    """What the function sends at every turn of its open loop."""
    cost = function.report.cost
    return [c for c in cost.collectives if c.in_open_loop] if cost else []


def _function(function: PlannedFunction) -> dict[str, Any]:
    report = function.report
    cost = report.cost
    inside = decoding_collectives(function)
    return {
        "rows": function.rows,
        "fits": function.fits,
        "memory_bytes": function.needed,
        "memory": asdict(report.memory) if report.memory else None,
        "beside": dict(function.beside),
        "spare": function.spare,
        "flops": cost.flops if cost else None,
        "hbm_bytes": cost.hbm_bytes if cost else None,
        "sent_bytes": cost.sent_bytes if cost else None,
        "loop_collectives": [
            {"kind": c.kind, "dtype": c.dtype, "dims": c.dims, "sent_bytes": c.sent} for c in inside
        ],
        "estimate_s": function.estimate.total_s if function.estimate else None,
        "estimate": {**asdict(function.estimate), "total_s": function.estimate.total_s}
        if function.estimate
        else None,
        "compile_s": report.compile_s,
    }


def _stage(stage: StageEstimate) -> dict[str, Any]:
    return {
        "step_s": stage.step_s,
        "parts_s": dict(stage.parts),
        "steps": stage.steps,
        "steps_that_fit": stage.steps_that_fit,
        "rows_per_s": stage.rows_per_s,
        "prompts": stage.steps_that_fit * stage.prompts,
        "rows": stage.steps_that_fit * stage.rows,
        "tokens": stage.steps_that_fit * stage.tokens,
        "checkpoint_bytes": stage.saved,
        "total_s": stage.total_s,
    }
