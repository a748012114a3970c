from pathlib import Path

from reasoning_train.budget import Clock
from reasoning_train.metrics import MetricsLog, last_elapsed, last_step


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
