import json
from pathlib import Path

import pytest

from reasoning_train.errors import UserError
from reasoning_train.plan.calibration import calibrate, measured_steps
from reasoning_train.plan.stages import StageEstimate


def write(run: Path, records: list[tuple[str, int, float]]) -> None:
    run.mkdir(parents=True)
    lines = [
        json.dumps({"stage": s, "step": n, "elapsed_s": t, "values": {}}) for s, n, t in records
    ]
    (run / "metrics.jsonl").write_text("\n".join(lines))


SFT = StageEstimate("sft", {"sft_step": 4.0}, 10, None, 32, 1000)


def test_the_efficiency_is_the_roofline_over_what_was_measured(tmp_path: Path) -> None:
    write(tmp_path / "run", [("sft", n, 100.0 if n == 1 else 100 + 8.0 * n) for n in range(1, 8)])
    (found,) = calibrate(tmp_path / "run", [SFT], efficiency=0.5)
    assert (found.roofline_s, found.measured_s, found.steps) == (2.0, 8.0, 4)
    assert found.efficiency == 0.25


def test_of_a_step_that_was_made_twice_the_last_counts(tmp_path: Path) -> None:
    times = [(1, 10.0), (2, 11.0), (3, 12.0), (4, 13.0), (4, 50.0), (5, 51.0)]
    write(tmp_path / "run", [("grpo", n, t) for n, t in times])
    assert measured_steps(tmp_path / "run" / "metrics.jsonl") == {"grpo": [38.0, 1.0]}


def test_too_few_steps_and_no_run_are_the_users_to_mend(tmp_path: Path) -> None:
    write(tmp_path / "run", [("sft", 1, 1.0), ("sft", 2, 2.0)])
    with pytest.raises(UserError, match="no stage of more than"):
        calibrate(tmp_path / "run", [SFT], 0.5)
    with pytest.raises(UserError, match="not a run directory"):
        calibrate(tmp_path / "nothing", [SFT], 0.5)
