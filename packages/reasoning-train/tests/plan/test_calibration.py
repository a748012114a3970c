import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from reasoning_train.errors import UserError
from reasoning_train.loop.device_memory import PEAK
from reasoning_train.plan.calibration import MemoryCheck, calibrate, peaks, run_metrics
from reasoning_train.plan.compiler import FunctionReport, Memory
from reasoning_train.plan.hlo.cost import Cost
from reasoning_train.plan.planner import PlannedFunction
from reasoning_train.plan.stages import StageEstimate
from reasoning_train.run_dir.metric_series import Metrics

Record = tuple[str, int, float, dict[str, float]]


def metrics_of(run: Path, records: Iterable[Record], end: str = "") -> Metrics:
    run.mkdir(parents=True)
    lines = [
        json.dumps({"stage": s, "step": n, "elapsed_s": t, "machine": v}) for s, n, t, v in records
    ]
    (run / "metrics.jsonl").write_text("\n".join(lines) + end)
    return run_metrics(run)


SFT = StageEstimate("sft", {"sft_step": 4.0}, 10, None, 32, 32, 1000)


def test_the_efficiency_is_the_roofline_over_what_was_measured(tmp_path: Path) -> None:
    records: list[Record] = [
        ("sft", n, 100.0 if n == 1 else 100 + 8.0 * n, {}) for n in range(1, 8)
    ]
    metrics = metrics_of(tmp_path / "run", records)
    (found,) = calibrate(tmp_path, metrics, [SFT], efficiency=0.5)
    assert (found.roofline_s, found.estimated_s, found.measured_s) == (2.0, 4.0, 8.0)
    assert (found.steps, found.efficiency, found.error) == (4, 0.25, -0.5)


def test_of_a_step_that_was_made_twice_the_last_counts(tmp_path: Path) -> None:
    times = [(1, 10.0), (2, 11.0), (3, 12.0), (4, 13.0), (4, 50.0), (5, 51.0)]
    half_a_line = '\n{"stage": "sft", "st'  # of a killed process
    metrics = metrics_of(tmp_path / "run", [("sft", n, t, {}) for n, t in times], half_a_line)
    (found,) = calibrate(tmp_path, metrics, [SFT], efficiency=0.5)
    assert (found.measured_s, found.steps) == ((38.0 + 1.0) / 2, 2)


def test_too_few_steps_and_no_run_are_the_users_to_mend(tmp_path: Path) -> None:
    metrics = metrics_of(tmp_path / "run", [("sft", 1, 1.0, {}), ("sft", 2, 2.0, {})])
    with pytest.raises(UserError, match="no stage of more than"):
        calibrate(tmp_path / "run", metrics, [SFT], 0.5)
    with pytest.raises(UserError, match="not a run directory"):
        run_metrics(tmp_path / "nothing")


def planned(name: str, needed: int) -> PlannedFunction:
    report = FunctionReport(Memory({}, needed, 0, 0, 0), needed, Cost(), 0.0, 0)
    return PlannedFunction(name, 8, report, {"optimizer": 10}, None, 1000)


def test_a_peak_is_held_against_all_that_came_before_it(tmp_path: Path) -> None:
    functions = [
        planned("evaluation_decode", 290),
        planned("sft_step", 190),
        planned("grpo_step", 390),
    ]
    records: list[Record] = [
        ("sft", 1, 1.0, {PEAK: 100.0}),
        ("sft", 2, 2.0, {PEAK: 250.0}),
        ("grpo", 1, 3.0, {PEAK: 500.0}),
    ]
    found = peaks(metrics_of(tmp_path / "run", records), functions)
    assert found == [MemoryCheck("sft", 300, 250), MemoryCheck("grpo", 400, 500)]
    assert [m.error for m in found] == [pytest.approx(0.2), pytest.approx(-0.2)]


def test_a_run_that_was_told_of_no_peak_has_none(tmp_path: Path) -> None:
    metrics = metrics_of(tmp_path / "run", [("sft", 1, 1.0, {"loss": 1.0})])
    assert peaks(metrics, [planned("sft_step", 1)]) == []
