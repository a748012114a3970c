import json
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import pytest

from reasoning_train.errors import NonFiniteError
from reasoning_train.loop.rollback import MAX_ROLLBACKS, Rollbacks, train_with_rollback


def drawn(rollbacks: Rollbacks, updates: int) -> list[int]:
    return list(islice(rollbacks.skip(count(1)), updates))


def test_without_a_rollback_every_batch_is_drawn(tmp_path: Path) -> None:
    assert drawn(Rollbacks(tmp_path / "r.json"), 4) == [1, 2, 3, 4]


def test_batches_are_skipped_after_the_step_of_the_rollback(tmp_path: Path) -> None:
    rollbacks = Rollbacks(tmp_path / "r.json")
    rollbacks.add(2, 3)
    assert drawn(rollbacks, 4) == [1, 2, 6, 7]
    rollbacks.add(2, 1)
    assert drawn(Rollbacks(tmp_path / "r.json"), 4) == [1, 2, 7, 8]


class Stage:
    """Stage that saves a checkpoint each step; the steps of `bad` batches are not finite."""

    def __init__(self, folder: Path, bad: set[int]) -> None:
        self.folder = folder
        self.bad = bad
        self.read: list[int] = []

    def __call__(self, rollbacks: Rollbacks) -> int:
        start = max((int(p.name) for p in self.folder.glob("[0-9]*")), default=0)
        batches: Iterator[int] = rollbacks.skip(count(1))
        for step, batch in zip(range(1, 7), batches, strict=False):
            if step <= start:
                continue
            self.read.append(batch)
            if batch in self.bad:
                raise NonFiniteError("not finite", step, step)
            (self.folder / str(step)).mkdir(parents=True)
        return 6


@pytest.fixture(autouse=True)
def readable(monkeypatch: pytest.MonkeyPatch) -> None:
    """These checkpoints are empty folders."""
    monkeypatch.setattr("reasoning_train.run_dir.resume._fault", lambda checkpoint: None)


def test_a_stage_is_rolled_back_and_skips_the_bad_batches(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stage = Stage(tmp_path / "sft", bad={3, 6})
    assert train_with_rollback(stage, tmp_path / "sft", rollback=True) == 6
    assert "rolled back to step" in caplog.text
    assert stage.read == [1, 2, 3, 4, 5, 6, 7, 8]
    assert json.loads((tmp_path / "sft-rollbacks.json").read_text()) == [[2, 1], [4, 1]]


def test_a_stage_that_may_not_roll_back_stops(tmp_path: Path) -> None:
    with pytest.raises(NonFiniteError):
        train_with_rollback(Stage(tmp_path / "sft", bad={3}), tmp_path / "sft", rollback=False)


def test_a_stage_is_rolled_back_only_so_often(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stage = Stage(tmp_path / "sft", bad=set(range(3, 100)))
    with pytest.raises(NonFiniteError):
        train_with_rollback(stage, tmp_path / "sft", rollback=True)
    assert "rolled back to step 2" in caplog.text
    assert stage.read == [1, 2, *range(3, 3 + MAX_ROLLBACKS + 1)]


def test_the_rollbacks_of_an_older_run_are_read(tmp_path: Path) -> None:
    (tmp_path / "sft-returns.json").write_text("[[2, 3]]")
    read: list[int] = []

    def stage(rollbacks: Rollbacks) -> int:
        read.extend(drawn(rollbacks, 4))
        return 4

    train_with_rollback(stage, tmp_path / "sft", rollback=True)
    assert read == [1, 2, 6, 7]
    assert [p.name for p in tmp_path.iterdir()] == ["sft-rollbacks.json"]
