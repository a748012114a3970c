import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reasoning_train.errors import UserError
from reasoning_train.run_dir.candidates import (
    best_of,
    choose_best,
    finish_choice,
    read_validations,
    reopen_choice,
)
from reasoning_train.run_dir.choice import choice_line, read_choice
from reasoning_train.run_dir.directory import RunDir

Make = Callable[..., None]


def test_a_damaged_choice_is_one_line(tmp_path: Path, checkpoints: Make) -> None:
    run = RunDir(tmp_path)
    checkpoints(run, "actor/30")
    (run.checkpoints / "best.json").write_text("")
    with pytest.raises(UserError, match=r"best\.json.*delete it"):
        finish_choice(run)


@pytest.mark.parametrize("pruned", [False, True])
def test_the_best_checkpoint_becomes_the_newest_and_none_is_lost(
    tmp_path: Path, pruned: bool, validated: Make, checkpoints: Make
) -> None:
    run = RunDir(tmp_path)
    checkpoints(run, "actor/30", "actor/40", "best/20", *(() if pruned else ("actor/20",)))
    validated(run, {20: 0.6, 30: 0.5, 40: 0.6})
    best = best_of(read_validations(run))
    assert best is not None
    assert best.step == 20
    choose_best(run, best, 40, "")
    assert run.newest_step("actor").parent.name == "20"
    assert (run.newest_step("actor") / "weights").read_text() in ("best/20", "actor/20")
    assert {p.name for p in (run.checkpoints / "after-best").iterdir()} == {"30", "40"}
    assert finish_choice(run) == 40
    choice = read_choice(run)
    assert choice is not None
    line = choice_line(choice)
    assert "step 20 of 40" in line
    assert "0.600, 95 % CI 0.500 to 0.700, on 20 problems" in line
    assert "as the highest of 3, this reward" in line


def test_a_choice_that_was_interrupted_is_finished(tmp_path: Path, checkpoints: Make) -> None:
    run = RunDir(tmp_path)
    assert finish_choice(run) is None
    checkpoints(run, "actor/30", "best/20", "after-best/40")
    choice = {"step": 20, "of": 40, "mean_reward": 0.6, "ci95": [0.5, 0.7], "n": 20, "stopped": ""}
    (run.checkpoints / "best.json").write_text(json.dumps(choice))
    assert finish_choice(run) == 40
    assert run.newest_step("actor").parent.name == "20"
    assert {p.name for p in (run.checkpoints / "after-best").iterdir()} == {"30", "40"}


def test_where_the_start_is_the_best_the_output_is_the_start(
    tmp_path: Path, validated: Make, checkpoints: Make
) -> None:
    run = RunDir(tmp_path)
    validated(run, {0: 0.6, 10: 0.1, 20: 0.0})
    checkpoints(run, "actor/10", "actor/20", "best/0")
    best = best_of(read_validations(run))
    assert best is not None
    choose_best(run, best, 20, "")
    assert run.newest_step("actor").parent.name == "0"
    choice = read_choice(run)
    assert choice is not None
    line = choice_line(choice)
    assert line.startswith("no checkpoint of GRPO earned a higher reward than the SFT policy")


def test_a_choice_that_is_taken_back_leaves_the_last_checkpoint_the_newest(
    tmp_path: Path, validated: Make, checkpoints: Make
) -> None:
    run = RunDir(tmp_path)
    validated(run, {10: 0.6, 20: 0.5, 30: 0.4})
    checkpoints(run, "actor/20", "actor/30", "best/10")
    best = best_of(read_validations(run))
    assert best is not None
    choose_best(run, best, 30, "")
    assert run.newest_step("actor").parent.name == "10"
    reopen_choice(run)
    assert finish_choice(run) is None
    assert {path.name for path in (run.checkpoints / "actor").iterdir()} == {"10", "20", "30"}
    assert not (run.checkpoints / "after-best").exists()
    reopen_choice(run)  # nothing was chosen: nothing to take back
    assert run.newest_step("actor").parent.name == "30"
