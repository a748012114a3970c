import json
import math
from pathlib import Path

from reasoning_train.clock.budget import Clock
from reasoning_train.run_dir.metrics import (
    MetricsLog,
    StepLine,
    last_elapsed,
    last_step,
    logged_lines,
)


def test_the_last_whole_line_tells_the_time_used(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    assert last_elapsed(path) == 0.0
    log = MetricsLog(path, "sft", Clock(used_before=41.0))
    log.write(1, {"loss": 1.0})
    assert 41.0 <= last_elapsed(path) < 60.0
    whole = last_elapsed(path)
    with path.open("a") as file:
        file.write('{"step": 2, "elapsed_s": 99')  # killed while writing
    assert last_elapsed(path) == whole
    assert last_step(path, "sft") == 1
    assert last_step(path, "grpo") == 0
    log.write(2, {"loss": float("nan")})
    assert last_step(path, "sft") == 2
    assert path.read_text().splitlines()[-1].endswith('"values": {"loss": null}}')


class Kept:
    """Tracker that records its lines."""

    def __init__(self) -> None:
        self.lines: list[StepLine] = []

    def write(self, line: StepLine) -> None:
        self.lines.append(line)


def test_lines_come_back_as_trackers_saw_them_the_last_of_a_step_counting(tmp_path: Path) -> None:
    path, kept = tmp_path / "metrics.jsonl", Kept()
    log = MetricsLog(path, "sft", Clock(), (kept,))
    log.write(1, {"loss": 3.0}, {"step_s": 9.0})
    log.write(2, {"loss": 2.0})
    log.write(1, {"loss": 1.0}, {"step_s": 0.5})
    MetricsLog(path, "grpo", Clock()).write(1, {"loss": -1.0})
    assert logged_lines(path, "sft") == [kept.lines[2], kept.lines[1]]
    log.write(3, {"loss": math.inf})
    assert math.isnan(logged_lines(path, "sft")[-1].values["loss"])
    assert kept.lines[-1].values == {"loss": math.inf}


def test_what_depends_on_the_machine_stands_apart(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    log = MetricsLog(path, "sft", Clock())
    log.write(1, {"loss": 1.0}, {"step_s": 0.5})
    record = json.loads(path.read_text())
    assert record["values"] == {"loss": 1.0}
    assert record["machine"] == {"step_s": 0.5}
