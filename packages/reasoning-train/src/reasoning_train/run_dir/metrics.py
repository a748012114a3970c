"""`metrics.jsonl`: one object a line, appended as the steps are made.

`values` follow from the seed: a resumed run has the same. `machine` holds what does not: seconds,
tokens a second, memory.
"""

import json
import math
import os
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from reasoning_train.clock.budget import Clock
from reasoning_train.durable import append, write_text


@dataclass(frozen=True, slots=True)
class StepLine:
    """One line.

    Attributes:
        step: Update of the stage, from 1.
        stage: `sft`, `sampling` or `grpo`.
        elapsed_s: Seconds that the run had used.
        values: What was measured; NaN or infinite where it was.
        machine: What depends on the machine and the day.
    """

    step: int
    stage: str
    elapsed_s: float
    values: Mapping[str, float]
    machine: Mapping[str, float] = field(default_factory=dict)


class LineSink(Protocol):
    """Takes every line besides the file."""

    def write(self, line: StepLine) -> None: ...


@dataclass(frozen=True, slots=True)
class MetricsLog:
    """Appends the steps of one stage. After a resume the last line of a step counts."""

    path: Path
    stage: str
    clock: Clock
    sinks: Sequence[LineSink] = ()

    def write(
        self, step: int, values: Mapping[str, float], machine: Mapping[str, float] | None = None
    ) -> None:
        """Add one line: step, stage, seconds since the run began, values; NaN becomes null."""
        line = StepLine(step, self.stage, round(self.clock.elapsed, 3), values, machine or {})
        record = {
            "step": step,
            "stage": self.stage,
            "elapsed_s": line.elapsed_s,
            "values": {k: v if math.isfinite(v) else None for k, v in values.items()},
            **({"machine": dict(line.machine)} if line.machine else {}),
        }
        # A killed process may have left half a line: it must not swallow this one.
        begin = "" if _ends_a_line(self.path) else "\n"
        append(self.path, (begin + json.dumps(record) + "\n").encode())
        for sink in self.sinks:
            sink.write(line)


def _ends_a_line(path: Path) -> bool:
    if not path.is_file():
        return True
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


def copy_stages(source: Path, target: Path, stages: Container[str]) -> None:
    """Write the whole lines of some stages to another file."""
    lines = [line for line in _whole_lines(source) if line["stage"] in stages]
    write_text(target, "".join(json.dumps(line) + "\n" for line in lines))


def logged_lines(path: Path, stage: str) -> list[StepLine]:
    """The line that counts of each step of a stage, in order."""
    found = {
        line["step"]: StepLine(
            line["step"],
            stage,
            line["elapsed_s"],
            {k: math.nan if v is None else v for k, v in line["values"].items()},
            line.get("machine", {}),
        )
        for line in _whole_lines(path)
        if line["stage"] == stage
    }
    return [found[step] for step in sorted(found)]


def _whole_lines(path: Path) -> Iterator[dict[str, Any]]:
    lines = path.read_bytes().splitlines() if path.is_file() else []
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:  # the half-written line of a killed process
            continue
