from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reasoning_train.errors import UserError
from reasoning_train.report.load import load_run


def test_a_finished_run(make_run: Callable[..., Path]) -> None:
    run = load_run(make_run())
    assert run.finished
    assert run.elapsed_s == 40.0
    assert (run.steps_made("sft"), run.steps_planned("sft")) == (6, 6)
    assert replace(run, config={"sft": {"steps": 6, "bound": "clock"}}).steps_planned("sft") is None
    assert [e.name for e in run.evaluations] == ["base", "sft", "grpo"]
    assert run.unreadable == ()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda root: None, "there is no such folder"),
        (lambda root: root.mkdir(), "is not a run directory"),
        (lambda root: root.write_text(""), "there is no such folder"),
    ],
    ids=["missing", "empty", "file"],
)
def test_no_run(tmp_path: Path, make: Callable[[Path], None], message: str) -> None:
    make(tmp_path / "run")
    with pytest.raises(UserError, match=message):
        load_run(tmp_path / "run")


def test_a_run_that_has_only_begun(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("seed = 3\n")
    run = load_run(tmp_path)
    assert (run.done, run.elapsed_s, run.evaluations, run.rollouts) == ((), 0.0, (), ())
    assert run.steps_made("sft") == 0


def test_every_damaged_file_is_named_and_the_rest_is_there(make_run: Callable[..., Path]) -> None:
    root = make_run()
    for name in ("config.toml", "manifest.json", "state.json", "data/manifest.json"):
        (root / name).write_text("{")
    (root / "plan.json").write_text("[]")
    run = load_run(root)
    named = " ".join(run.unreadable)
    for name in ("config.toml", "state.json", "held-out", "plan.json"):
        assert name in named
    assert len(run.unreadable) == 6
    assert run.steps_made("grpo") == 4
