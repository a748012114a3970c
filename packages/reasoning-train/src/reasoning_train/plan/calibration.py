"""Hold a plan against a finished run: which share of the roofline did its steps reach?"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from reasoning_train.errors import UserError
from reasoning_train.plan.stages import StageEstimate
from reasoning_train.run_dir import RunDir

WARM_UP = 2
"""Steps that also compile, and the one that Tunix logs late."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """One stage.

    Attributes:
        stage: Its name.
        roofline_s: Seconds of a step on the roofline itself.
        measured_s: Median seconds between two steps of the run.
        steps: Steps that were measured.
    """

    stage: str
    roofline_s: float
    measured_s: float
    steps: int

    @property
    def efficiency(self) -> float:
        """What `--efficiency` should be for this stage."""
        return self.roofline_s / self.measured_s


def calibrate(run: Path, stages: Sequence[StageEstimate], efficiency: float) -> list[Calibration]:
    """The stages of which the run has enough steps.

    Args:
        run: A run directory, made on the slice that was planned for.
        stages: Estimates of its configuration.
        efficiency: What they were made with.

    Raises:
        UserError: If there is no such run, or no stage of it has enough steps.
    """
    measured = measured_steps(RunDir(run).metrics)
    found = [
        Calibration(s.name, s.step_s * efficiency, median(measured[s.name]), len(measured[s.name]))
        for s in stages
        if measured.get(s.name)
    ]
    if not found:
        raise UserError(f"{str(run)!r} has no stage of more than {WARM_UP + 1} steps to measure")
    return found


def measured_steps(metrics: Path) -> dict[str, list[float]]:
    """Seconds between consecutive steps of every stage, the first few left out.

    After a resume the last line of a step counts.
    """
    if not metrics.is_file():
        raise UserError(f"no {metrics.name} in {str(metrics.parent)!r}: not a run directory")
    times: dict[str, dict[int, float]] = {}
    for line in metrics.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        times.setdefault(record["stage"], {})[record["step"]] = record["elapsed_s"]
    return {
        stage: [
            at[step] - at[step - 1]
            for step in sorted(at)
            if step - 1 in at and step > min(at) + WARM_UP and at[step] > at[step - 1]
        ]
        for stage, at in times.items()
    }
