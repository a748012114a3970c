"""`metrics.jsonl`: one object a line, appended as the steps are made."""

import json
from dataclasses import dataclass
from pathlib import Path

from reasoning_train.budget import Clock


@dataclass(frozen=True, slots=True)
class MetricsLog:
    """Appends the steps of one stage. After a resume the last line of a step counts."""

    path: Path
    stage: str
    clock: Clock

    def write(self, step: int, values: dict[str, float]) -> None:
        """Add one line: step, stage, seconds since the run began, values."""
        line = {
            "step": step,
            "stage": self.stage,
            "elapsed_s": round(self.clock.elapsed, 3),
            "values": values,
        }
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
