"""`metrics.jsonl`: one object a line, appended as the steps are made."""

import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
            # A killed process may have left half a line: it must not swallow this one.
            file.write(("" if _ends_a_line(self.path) else "\n") + json.dumps(line) + "\n")


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def last_elapsed(path: Path) -> float:
    """Seconds that the run had used at its last whole line; 0 without one."""
    return float(max((line["elapsed_s"] for line in _whole_lines(path)), default=0.0))


def last_step(path: Path, stage: str) -> int:
    """The last step of a stage that was logged; 0 without one."""
    return max((line["step"] for line in _whole_lines(path) if line["stage"] == stage), default=0)


def _whole_lines(path: Path) -> Iterator[dict[str, Any]]:
    lines = path.read_bytes().splitlines() if path.is_file() else []
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:  # the half-written line of a killed process
            continue
