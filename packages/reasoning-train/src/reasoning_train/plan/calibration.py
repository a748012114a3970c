"""Hold a plan against a finished run: its steps' share of the roofline, and its memory."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from reasoning_train.errors import UserError
from reasoning_train.loop.device_memory import PEAK
from reasoning_train.plan.planner import PlannedFunction
from reasoning_train.plan.stages import StageEstimate
from reasoning_train.run_dir.directory import RunDir
from reasoning_train.run_dir.metric_series import Metrics, Point, read_metrics

WARM_UP = 2
"""Steps that also compile, and the one that Tunix logs late."""

UP_TO = {
    "sft": ("evaluation_prefill", "evaluation_decode", "sft_step"),
    "grpo": (
        "evaluation_prefill",
        "evaluation_decode",
        "sft_step",
        "rollout_prefill",
        "rollout_decode",
        "reference",
        "grpo_step",
    ),
}
"""What a device's peak at the end of a stage can come from: a peak never goes down."""


@dataclass(frozen=True, slots=True)
class MemoryCheck:
    """Memory as the compiler said and as it was.

    Attributes:
        of: A stage, or a function.
        predicted: Bytes.
        measured: Bytes.
    """

    of: str
    predicted: int
    measured: int

    @property
    def error(self) -> float:
        """Of the prediction, as a share of what was measured."""
        return self.predicted / self.measured - 1


@dataclass(frozen=True, slots=True)
class Calibration:
    """One stage.

    Attributes:
        stage: Its name.
        roofline_s: Seconds of a step on the roofline itself.
        estimated_s: What the plan said, with its efficiency.
        measured_s: Median seconds between two steps of the run.
        steps: Steps that were measured.
    """

    stage: str
    roofline_s: float
    estimated_s: float
    measured_s: float
    steps: int

    @property
    def efficiency(self) -> float:
        """What `--efficiency` should be for this stage."""
        return self.roofline_s / self.measured_s

    @property
    def error(self) -> float:
        """Of the estimate, as a share of what was measured."""
        return self.estimated_s / self.measured_s - 1

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return {**asdict(self), "efficiency": self.efficiency, "error": self.error}


def run_metrics(run: Path) -> Metrics:
    """What a run wrote down.

    Raises:
        UserError: If there is no such run.
    """
    path = RunDir(run).metrics
    if not path.is_file():
        raise UserError(f"no {path.name} in {str(run)!r}: not a run directory")
    return read_metrics(path)


def calibrate(
    run: Path, metrics: Metrics, stages: Sequence[StageEstimate], efficiency: float
) -> list[Calibration]:
    """The stages of which the run has enough steps.

    Args:
        run: Its directory, for the message.
        metrics: What it wrote, on the slice that was planned for.
        stages: Estimates of its configuration.
        efficiency: What they were made with.

    Raises:
        UserError: If no stage of it has enough steps.
    """
    measured = {name: _seconds_a_step(points) for name, points in metrics.stages.items()}
    found = [
        Calibration(s.name, s.step_s * efficiency, s.step_s, median(times), len(times))
        for s in stages
        if (times := measured.get(s.name))
    ]
    if not found:
        raise UserError(f"{str(run)!r} has no stage of more than {WARM_UP + 1} steps to measure")
    return found


def peaks(metrics: Metrics, functions: Sequence[PlannedFunction]) -> list[MemoryCheck]:
    """Peaks that an accelerator told of, beside what the plan says; a CPU tells of none."""
    needed = {f.name: f.needed for f in functions}
    return [
        MemoryCheck(
            stage,
            max(needed[name] for name in names if name in needed),
            int(max(value for _, value in found)),
        )
        for stage, names in UP_TO.items()
        if (found := metrics.series(stage, f"machine/{PEAK}"))
    ]


def _seconds_a_step(points: Sequence[Point]) -> list[float]:
    """Seconds between consecutive steps, the first few left out."""
    at: Mapping[int, float] = {p.step: p.elapsed_s for p in points}
    return [
        at[step] - at[step - 1]
        for step in at
        if step - 1 in at and step > min(at) + WARM_UP and at[step] > at[step - 1]
    ]
