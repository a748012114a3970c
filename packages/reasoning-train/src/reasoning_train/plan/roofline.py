"""The least time that a function can take: the slowest of computing and moving, plus sending.

Williams, Waterman and Patterson 2009 (doi:10.1145/1498765.1498785). Nothing reaches it, so an
efficiency stretches it; measured runs tell which.
"""

from dataclasses import dataclass

from reasoning_train.plan.hlo.cost import Cost
from reasoning_train.plan.topology import Chip


@dataclass(frozen=True, slots=True)
class Estimate:
    """Estimated seconds of one execution.

    Attributes:
        compute_s: FLOPs over the peak rate.
        memory_s: Main memory traffic over its bandwidth.
        send_s: Bytes sent over the bandwidth of a link, as if nothing overlapped it.
        efficiency: Share of the roofline that is reached.
    """

    compute_s: float
    memory_s: float
    send_s: float
    efficiency: float

    @property
    def total_s(self) -> float:
        return (max(self.compute_s, self.memory_s) + self.send_s) / self.efficiency

    @property
    def bound(self) -> str:
        """What it waits for most."""
        parts = {"compute": self.compute_s, "memory": self.memory_s, "sending": self.send_s}
        return max(parts, key=lambda name: parts[name])


def estimate(cost: Cost, chip: Chip, efficiency: float) -> Estimate:
    """The roofline of a program on a chip."""
    return Estimate(
        compute_s=cost.flops / chip.flops,
        memory_s=cost.hbm_bytes / chip.hbm_bandwidth,
        send_s=cost.sent_bytes / chip.link_bandwidth,
        efficiency=efficiency,
    )
