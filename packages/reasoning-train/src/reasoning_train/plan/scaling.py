"""The same batches on larger slices: how steps and throughput scale, from what compiles there.

The chips of a slice share one interconnect, also where they belong to several hosts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from reasoning_train.plan.result import Plan


@dataclass(frozen=True, slots=True)
class Scaled:
    """One stage on one slice, estimated.

    Attributes:
        topology: The slice.
        chips: How many it has.
        stage: The stage.
        step_s: Seconds a step.
        rows_per_s: Examples or completions a second.
        speedup: Over the first slice.
        sent_share: Share of the step in which chips send, as if nothing overlapped it.
        spare: Least share of the memory that its functions leave.
    """

    topology: str
    chips: int
    stage: str
    step_s: float
    rows_per_s: float
    speedup: float
    sent_share: float
    spare: float

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


def scaled(plans: Sequence[Plan]) -> list[Scaled]:
    """The stages of a configuration on each slice, the first slice being what others are held to.

    A stage that does not fit somewhere has no line there.
    """
    first = {s.name: s.step_s for s in plans[0].stages}
    return [
        Scaled(
            topology=plan.topology.name,
            chips=plan.topology.chips,
            stage=stage.name,
            step_s=stage.step_s,
            rows_per_s=stage.rows_per_s,
            speedup=first[stage.name] / stage.step_s,
            sent_share=_sending(plan, stage.parts) / stage.step_s,
            spare=min(f.spare for f in plan.functions if f.name in stage.parts),
        )
        for plan in plans
        for stage in plan.stages
        if stage.name in first
    ]


def _sending(plan: Plan, parts: Mapping[str, float]) -> float:
    """Seconds of a stage's step that are sending."""
    return sum(
        parts[f.name] * f.estimate.send_s / (f.estimate.total_s * f.estimate.efficiency)
        for f in plan.functions
        if f.estimate and f.estimate.total_s and f.name in parts
    )
