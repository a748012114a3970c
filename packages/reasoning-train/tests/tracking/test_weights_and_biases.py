"""The real `wandb` package in offline mode, which writes what it would upload to disk."""

import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoning_train.config import RunConfig, load_config
from reasoning_train.errors import UserError
from reasoning_train.run_dir.directory import RunDir
from reasoning_train.run_dir.metrics import StepLine
from reasoning_train.tracking.weights_and_biases import WeightsAndBiases

wandb = pytest.importorskip("wandb", reason="the extra `wandb` is not installed")


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[RunConfig]:
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_CACHE_DIR", str(tmp_path / "cache"))
    yield load_config(preset="tiny", flags=["--track.wandb", "true"])
    wandb.teardown()  # it remembers the environment


FILE_HEADER, BLOCK, PART_HEADER, ENDS = 7, 32768, 7, (1, 4)


def line(step: int, loss: float) -> StepLine:
    return StepLine(step, "sft", 10.0 * step, {"loss": loss}, {"step_s": 0.5})


def records(run: RunDir) -> Iterator[object]:
    """Return the records of all processes from the files for `wandb sync`, in LevelDB's format."""
    from wandb.proto.wandb_internal_pb2 import Record

    for path in sorted(run.root.glob("wandb/offline-run-*/*.wandb")):
        data, place, record = path.read_bytes(), FILE_HEADER, b""
        while place < len(data):
            if BLOCK - place % BLOCK < PART_HEADER:
                place += BLOCK - place % BLOCK
                continue
            _, length, kind = struct.unpack_from("<IHB", data, place)
            place += PART_HEADER + length
            record += data[place - length : place]
            if kind in ENDS:
                yield Record.FromString(record)
                record = b""


def points(run: RunDir) -> list[dict[str, str]]:
    found = []
    for record in records(run):
        if record.WhichOneof("record_type") == "history":  # type: ignore[attr-defined]
            items = record.history.item  # type: ignore[attr-defined]
            found.append({"/".join(i.nested_key) or i.key: i.value_json for i in items})
    return found


def test_two_processes_are_one_run_and_no_step_is_sent_twice(
    config: RunConfig, tmp_path: Path
) -> None:
    run = RunDir(tmp_path / "run")
    run.root.mkdir()
    with WeightsAndBiases(config, run) as sink:
        sink.begin("sft", [], 0)
        for step in (1, 2, 3):
            sink.write(line(step, 1.0))
    time.sleep(1.1)  # the folder of a process is named by the second
    # The newest checkpoint is of step 2: step 3 is made again.
    with WeightsAndBiases(config, run) as sink:
        sink.begin("sft", [line(step, 1.0) for step in (1, 2, 3)], 2)
        sink.write(line(3, 1.0))
        sink.write(line(4, 0.5))
    wandb.teardown()  # waits for its process, which writes the end of the file
    found = points(run)
    assert [point["sft/step"] for point in found] == ["1", "2", "3", "4"]
    # What a server goes by: it takes nothing that lies before what it has.
    assert [point["_step"] for point in found] == ["1", "2", "3", "4"]
    assert found[-1]["sft/loss"] == "0.5"
    assert found[-1]["sft/machine/step_s"] == "0.5"
    identities = {
        record.run.run_id  # type: ignore[attr-defined]
        for record in records(run)
        if record.WhichOneof("record_type") == "run"  # type: ignore[attr-defined]
    }
    assert len(identities) == 1


def test_without_a_login_one_line_says_what_to_do(
    config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.setenv("WANDB_API_KEY", "too short")
    with pytest.raises(UserError, match="set WANDB_MODE=offline") as error:
        WeightsAndBiases(config, RunDir(tmp_path))
    assert "\n" not in str(error.value)
