import json
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import pytest

from reasoning_train.errors import NonFiniteError
from reasoning_train.loop.rollback import MOST_RETURNS, Returns, train_returning


def drawn(returns: Returns, updates: int) -> list[int]:
    return list(islice(returns.past(count(1)), updates))


def test_without_a_return_every_batch_is_drawn(tmp_path: Path) -> None:
    assert drawn(Returns(tmp_path / "r.json"), 4) == [1, 2, 3, 4]


def test_batches_are_passed_over_after_the_step_it_went_back_to(tmp_path: Path) -> None:
    returns = Returns(tmp_path / "r.json")
    returns.add(2, 3)
    assert drawn(returns, 4) == [1, 2, 6, 7]
    returns.add(2, 1)
    assert drawn(Returns(tmp_path / "r.json"), 4) == [1, 2, 7, 8]


class Stage:
    """Reads batches and saves a checkpoint each step; some batches give no finite number."""

    def __init__(self, folder: Path, bad: set[int]) -> None:
        self.folder = folder
        self.bad = bad
        self.read: list[int] = []

    def __call__(self, returns: Returns) -> int:
        start = max((int(p.name) for p in self.folder.glob("[0-9]*")), default=0)
        batches: Iterator[int] = returns.past(count(1))
        for step, batch in zip(range(1, 7), batches, strict=False):
            if step <= start:
                continue
            self.read.append(batch)
            if batch in self.bad:
                raise NonFiniteError("no number", step, step)
            (self.folder / str(step)).mkdir(parents=True)
        return 6


@pytest.fixture(autouse=True)
def readable(monkeypatch: pytest.MonkeyPatch) -> None:
    """These checkpoints are empty folders."""
    monkeypatch.setattr("reasoning_train.run_dir.resume._fault", lambda checkpoint: None)


def test_it_goes_back_and_past_the_bad_data(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stage = Stage(tmp_path / "sft", bad={3, 6})
    assert train_returning(stage, tmp_path / "sft", returns=True) == 6
    assert "back to step" in caplog.text
    assert stage.read == [1, 2, 3, 4, 5, 6, 7, 8]
    assert json.loads((tmp_path / "sft-returns.json").read_text()) == [[2, 1], [4, 1]]


def test_it_stops_where_it_may_not_go_back(tmp_path: Path) -> None:
    with pytest.raises(NonFiniteError):
        train_returning(Stage(tmp_path / "sft", bad={3}), tmp_path / "sft", returns=False)


def test_it_goes_back_only_so_often(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(tmp_path / "sft", bad=set(range(3, 100)))
    with pytest.raises(NonFiniteError):
        train_returning(stage, tmp_path / "sft", returns=True)
    assert "back to step 2" in caplog.text
    assert stage.read == [1, 2, *range(3, 3 + MOST_RETURNS + 1)]
