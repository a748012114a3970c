"""`metrics.jsonl`: one object a line, appended as the steps are made."""

import json
import math
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
        """Add one line: step, stage, seconds since the run began, values; NaN becomes null."""
        line = {
            "step": step,
            "stage": self.stage,
            "elapsed_s": round(self.clock.elapsed, 3),
            "values": {k: v if math.isfinite(v) else None for k, v in values.items()},
        }
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def last_elapsed(path: Path) -> float:
    """Seconds that the run had used at its last whole line; 0 without one."""
    lines = path.read_bytes().splitlines() if path.is_file() else []
    for line in reversed(lines):
        try:
            return float(json.loads(line)["elapsed_s"])
        except (ValueError, KeyError):  # the half-written line of a killed process
            continue
    return 0.0
