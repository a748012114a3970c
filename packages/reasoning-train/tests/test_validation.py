import json
from pathlib import Path

import pytest
from rich.console import Console

from reasoning_train.budget import Clock
from reasoning_train.config import RunConfig, load_config
from reasoning_train.context import RunContext
from reasoning_train.errors import UserError
from reasoning_train.models import locate_base
from reasoning_train.run_dir import RunDir
from reasoning_train.validation import (
    Validation,
    choice_line,
    choose_best,
    finish_choice,
    read_validations,
    split_tasks,
    validation_folder,
)


def context(run: RunDir, config: RunConfig) -> RunContext:
    return RunContext(config, locate_base("tiny-gemma3"), run, Clock(), Console(quiet=True))


def validated(run: RunDir, rewards: dict[int, float]) -> None:
    """As if these steps had been validated."""
    folder = validation_folder(run)
    folder.mkdir(parents=True, exist_ok=True)
    for step, reward in rewards.items():
        ci95 = {"mean_reward": [reward - 0.1, reward + 0.1]}
        summary = {"n": 20, "mean_reward": reward, "ci95": ci95}
        (folder / f"{step}.json").write_text(json.dumps(summary))


def checkpoints(run: RunDir, *steps: str) -> None:
    for step in steps:
        folder = run.checkpoints / step / "model_params"
        folder.mkdir(parents=True)
        (folder / "weights").write_text(step)


def test_the_last_tasks_are_kept_back() -> None:
    assert split_tasks(["a", "b", "c"], 1) == (["a", "b"], ["c"])  # type: ignore[list-item]
    assert split_tasks(["a", "b", "c"], 0) == (["a", "b", "c"], [])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("rewards", "stops"),
    [
        ({10: 0.5, 20: 0.6, 30: 0.6}, False),
        ({10: 0.5, 20: 0.4, 30: 0.4}, True),
        ({10: 0.6, 20: 0.5, 30: 0.7, 40: 0.6}, False),
        ({10: 0.6, 20: 0.5, 30: 0.7, 40: 0.6, 50: 0.7}, True),
    ],
)
def test_checkpoints_in_a_row_without_a_rise_end_grpo(
    tmp_path: Path, rewards: dict[int, float], stops: bool
) -> None:
    run = RunDir(tmp_path)
    validated(run, rewards)
    config = RunConfig.model_validate({"validation": {"problems": 20, "patience": 2}})
    validation = Validation(context(run, config), [])
    validation.begin(start=max(rewards))
    assert bool(validation.stopped) is stops


def test_without_patience_nothing_ends_grpo(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    validated(run, {10: 0.6, 20: 0.1, 30: 0.1, 40: 0.1})
    validation = Validation(context(run, RunConfig()), [])
    validation.begin(start=40)
    assert not validation.stopped


def test_a_runaway_kl_ends_grpo(tmp_path: Path) -> None:
    config = RunConfig.model_validate(
        {"validation": {"max_kl": 0.5}, "grpo": {"kl_coefficient": 0.01}}
    )
    validation = Validation(context(RunDir(tmp_path), config), [])
    validation.watch_kl(1, 0.4)
    assert not validation.stopped
    validation.watch_kl(2, 0.6)
    assert validation.stopped == "at step 2 the KL to the SFT policy was 0.6, over 0.5"


def test_a_resumed_run_forgets_what_was_validated_later(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    validated(run, {10: 0.5, 20: 0.4, 30: 0.6})
    checkpoints(run, "best/30")
    Validation(context(run, RunConfig()), []).begin(start=20)
    assert [v.step for v in read_validations(run)] == [10, 20]
    assert not list((run.checkpoints / "best").iterdir())


@pytest.mark.parametrize("pruned", [False, True])
def test_the_best_checkpoint_becomes_the_newest_and_none_is_lost(
    tmp_path: Path, pruned: bool
) -> None:
    run = RunDir(tmp_path)
    checkpoints(run, "actor/30", "actor/40", "best/20", *(() if pruned else ("actor/20",)))
    validated(run, {20: 0.6, 30: 0.5, 40: 0.6})
    validation = Validation(context(run, RunConfig()), [])
    best = validation.best()
    assert best is not None
    assert best.step == 20
    choose_best(run, best, 40, "")
    assert run.newest_step("actor").parent.name == "20"
    assert (run.newest_step("actor") / "weights").read_text() in ("best/20", "actor/20")
    assert {p.name for p in (run.checkpoints / "after-best").iterdir()} == {"30", "40"}
    assert finish_choice(run) == 40
    line = choice_line(run)
    assert line is not None
    assert "step 20 of 40" in line
    assert "0.600, 95 % CI 0.500 to 0.700, on 20 problems" in line


def test_a_choice_that_was_interrupted_is_finished(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    assert finish_choice(run) is None
    checkpoints(run, "actor/30", "best/20", "after-best/40")
    choice = {"step": 20, "of": 40, "mean_reward": 0.6, "ci95": [0.5, 0.7], "n": 20, "stopped": ""}
    (run.checkpoints / "best.json").write_text(json.dumps(choice))
    assert finish_choice(run) == 40
    assert run.newest_step("actor").parent.name == "20"
    assert {p.name for p in (run.checkpoints / "after-best").iterdir()} == {"30", "40"}


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--validation.patience", "2"], "validation.problems"),
        (["--validation.max-kl", "0.1"], "grpo.kl_coefficient"),
    ],
)
def test_what_cannot_stop_is_refused(flags: list[str], named: str) -> None:
    with pytest.raises(UserError, match=named):
        load_config(preset="tiny", flags=flags)


def test_an_interrupted_save_is_passed_over(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    validated(run, {10: 0.6, 20: 0.5})
    checkpoints(run, "actor/10", "actor/20", "best/10")
    for folder in ("actor", "best"):
        (run.checkpoints / folder / "30.orbax-checkpoint-tmp").mkdir()
    Validation(context(run, load_config()), []).begin(20)
    choose_best(run, read_validations(run)[0], 20, "")
    assert finish_choice(run) == 20
    assert run.newest_step("actor").parent.name == "10"
