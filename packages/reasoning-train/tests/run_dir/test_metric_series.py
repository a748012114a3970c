import json
from pathlib import Path

from reasoning_train.run_dir.metric_series import read_metrics


def line(step: int, loss: float, stage: str = "sft") -> str:
    values = {"loss": loss}
    return json.dumps({"step": step, "stage": stage, "elapsed_s": step, "values": values}) + "\n"


def test_of_a_stage_begun_again_the_old_try_ends_where_the_new_begins(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    old = "".join(line(step, 9.0) for step in range(1, 6))
    path.write_text(old + line(3, 1.0) + line(4, 1.0) + line(1, 0.5, "grpo"))
    metrics = read_metrics(path)
    assert metrics.series("sft", "loss") == [(1, 9.0), (2, 9.0), (3, 1.0), (4, 1.0)]
    assert metrics.series("grpo", "loss") == [(1, 0.5)]
    assert metrics.restarts == {"sft": 1}


def test_a_half_written_last_line_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text(line(1, 9.0) + line(2, 8.0)[:-20])
    metrics = read_metrics(path)
    assert metrics.series("sft", "loss") == [(1, 9.0)]
    assert metrics.skipped == 1


def test_values_that_are_not_finite_are_kept_and_named(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text(line(1, 9.0) + line(2, float("nan")) + line(3, float("inf")))
    assert read_metrics(path).non_finite("sft") == {"loss": [2, 3]}


def test_a_line_without_step_or_stage_and_a_value_that_is_no_number(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text(
        '{"stage": "sft", "values": {}}\n{"step": 1, "values": {}}\n'
        '{"step": 1, "stage": "sft", "values": {"loss": "low", "rate": 2}}\n'
        '{"step": NaN, "stage": "sft"}\n'
    )
    metrics = read_metrics(path)
    assert metrics.names("sft") == ("rate",)
    assert metrics.skipped == 3


def test_no_file_no_metrics(tmp_path: Path) -> None:
    assert read_metrics(tmp_path / "metrics.jsonl").stages == {}


def test_what_depends_on_the_machine_is_among_the_series(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    record = json.loads(line(1, 9.0)) | {"machine": {"tokens_per_s": 120.0}}
    path.write_text(json.dumps(record) + "\n")
    assert read_metrics(path).series("sft", "machine/tokens_per_s") == [(1, 120.0)]
