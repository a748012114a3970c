"""Metrics log `metrics.jsonl`, to which each step appends one JSON object.

`values` depend only on the seed, so that a resumed run has the same. `machine` holds the rest:
seconds, tokens per second, memory.
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
    """Line of the log.

    Attributes:
        step: Update of the stage, from 1.
        stage: `sft`, `sampling` or `grpo`.
        elapsed_s: Seconds used by the run so far.
        values: Metrics by name; they may be NaN or infinite.
        machine: Measurements that depend on the machine, by name.
    """

    step: int
    stage: str
    elapsed_s: float
    values: Mapping[str, float]
    machine: Mapping[str, float] = field(default_factory=dict)


class LineSink(Protocol):
    """Receiver of every line that is written to the file."""

    def write(self, line: StepLine) -> None: ...


@dataclass(frozen=True, slots=True)
class MetricsLog:
    """Log of one stage; if a resume repeats a step, the step's last line counts.

    Attributes:
        path: Path of `metrics.jsonl`.
        stage: `sft`, `sampling` or `grpo`.
        clock: Clock of the run.
        sinks: Receivers of every line besides the file.
    """

    path: Path
    stage: str
    clock: Clock
    sinks: Sequence[LineSink] = ()

    def write(
        self, step: int, values: Mapping[str, float], machine: Mapping[str, float] | None = None
    ) -> None:
        """Append the line of a step.

        Args:
            step: Update of the stage, from 1.
            values: Metrics by name; NaN and infinities are written as null.
            machine: Measurements that depend on the machine, by name.
        """
        line = StepLine(step, self.stage, round(self.clock.elapsed, 3), values, machine or {})
        record = {
            "step": step,
            "stage": self.stage,
            "elapsed_s": line.elapsed_s,
            "values": {k: v if math.isfinite(v) else None for k, v in values.items()},
            **({"machine": dict(line.machine)} if line.machine else {}),
        }
        # A killed process may have left an incomplete line, which must not absorb this one.
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
    """Return the seconds used by the run at its last complete line; 0 if there is none."""
    return float(max((line["elapsed_s"] for line in _whole_lines(path)), default=0.0))


def last_step(path: Path, stage: str) -> int:
    """Return the last logged step of a stage; 0 if there is none."""
    return max((line["step"] for line in _whole_lines(path) if line["stage"] == stage), default=0)


def copy_stages(source: Path, target: Path, stages: Container[str]) -> None:
    """Copy the complete lines of some stages to another file.

    Args:
        source: Log to read.
        target: File to write, which is replaced.
        stages: Names of the stages to copy.
    """
    lines = [line for line in _whole_lines(source) if line["stage"] in stages]
    write_text(target, "".join(json.dumps(line) + "\n" for line in lines))


def logged_lines(path: Path, stage: str) -> list[StepLine]:
    """Return the last line of each step of a stage, in order of the steps."""
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
        except ValueError:  # the incomplete line of a killed process
            continue
