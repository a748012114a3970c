"""Event files have each step once, even after a resume."""

import struct
from pathlib import Path

from tensorboardX.proto.event_pb2 import Event, SessionLog

from reasoning_train.run_dir.metrics import StepLine
from reasoning_train.tracking.tensorboard import TensorBoard


def line(step: int, loss: float, stage: str = "sft") -> StepLine:
    return StepLine(step, stage, 10.0 * step, {"loss": loss}, {"step_s": 0.5})


def events(folder: Path) -> list[Event]:
    """Return the events of all files, whose records are length, checksum, event and checksum."""
    found = []
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        while data:
            (length,) = struct.unpack("<Q", data[:8])
            found.append(Event.FromString(data[12 : 12 + length]))
            data = data[16 + length :]
    return found


def scalars(folder: Path) -> list[tuple[str, int, float]]:
    return [
        (value.tag, event.step, value.simple_value)
        for event in events(folder)
        for value in event.summary.value
    ]


def test_each_stage_has_its_folder_and_every_value_is_there(tmp_path: Path) -> None:
    with TensorBoard(tmp_path, 0.0) as board:
        board.begin("sft", [], 0)
        board.write(line(1, 2.0))
        board.begin("grpo", [], 0)
        board.write(line(1, -0.5, "grpo"))
    assert scalars(tmp_path / "sft") == [("loss", 1, 2.0), ("machine/step_s", 1, 0.5)]
    assert scalars(tmp_path / "grpo")[0] == ("loss", 1, -0.5)


def test_after_a_resume_no_step_is_there_twice(tmp_path: Path) -> None:
    with TensorBoard(tmp_path, 0.0) as board:
        board.begin("sft", [], 0)
        for step in (1, 2, 3):
            board.write(line(step, 1.0))
    # Step 3 was logged, the newest checkpoint is of step 2. What was not flushed is in the lines.
    with TensorBoard(tmp_path, 30.0) as board:
        board.begin("sft", [line(step, 1.0) for step in (1, 2, 3)], 2)
        board.write(line(3, 3.0))
    found = [x for x in scalars(tmp_path / "sft") if x[0] == "loss"]
    assert found == [("loss", 1, 1.0), ("loss", 2, 1.0), ("loss", 3, 3.0)]
    # A TensorBoard that is open is told to forget what it had read.
    starts = [e for e in events(tmp_path / "sft") if e.session_log.status == SessionLog.START]
    assert [e.step for e in starts] == [1]


def test_points_lie_at_the_time_that_the_run_had_used(tmp_path: Path) -> None:
    with TensorBoard(tmp_path, 100.0) as board:
        board.begin("sft", [], 0)
        board.write(line(1, 1.0))
        board.write(line(4, 1.0))
    first, *_, last = [e for e in events(tmp_path / "sft") if e.summary.value]
    assert abs(last.wall_time - first.wall_time - 30.0) < 1e-3
