import json
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean

import jax
import pytest
from flax import nnx
from rich.console import Console

from reasoning_data import Task
from reasoning_train.clock.budget import Clock
from reasoning_train.config import RunConfig, load_config
from reasoning_train.context import RunContext
from reasoning_train.errors import UserError
from reasoning_train.evaluation import evaluator as evaluating
from reasoning_train.evaluation.prediction import read_predictions
from reasoning_train.models import locate_base
from reasoning_train.reward.schedule import RewardSchedule
from reasoning_train.run_dir.candidates import (
    best_of,
    choose_best,
    finish_choice,
    read_validations,
    validation_folder,
)
from reasoning_train.run_dir.directory import RunDir, numbered
from reasoning_train.stages.validation import Validation, split_tasks

Make = Callable[..., None]


def context(run: RunDir, config: RunConfig) -> RunContext:
    return RunContext(config, locate_base("tiny-gemma3"), run, Clock(), Console(quiet=True))


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
    tmp_path: Path, rewards: dict[int, float], stops: bool, validated: Make, checkpoints: Make
) -> None:
    run = RunDir(tmp_path)
    validated(run, rewards)
    checkpoints(run, *(f"best/{step}" for step in rewards))
    config = RunConfig.model_validate({"validation": {"problems": 20, "patience": 2}})
    validation = Validation(context(run, config), [])
    validation.begin(start=max(rewards))
    assert bool(validation.stopped) is stops


def test_without_patience_nothing_ends_grpo(tmp_path: Path, validated: Make) -> None:
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


def test_a_resumed_run_forgets_what_was_validated_later(
    tmp_path: Path, validated: Make, checkpoints: Make
) -> None:
    run = RunDir(tmp_path)
    validated(run, {10: 0.5, 20: 0.4, 30: 0.6})
    folder = validation_folder(run)
    for name in ("20.predictions.jsonl", "40.predictions.jsonl.partial", ".40.json.tmp"):
        (folder / name).write_text("")
    checkpoints(run, "best/10", "best/30", "best/30.orbax-checkpoint-tmp")
    (run.checkpoints / "best" / "20" / "model_params.orbax-checkpoint-tmp").mkdir(parents=True)
    Validation(context(run, RunConfig()), []).begin(start=20)
    assert {p.name for p in folder.iterdir()} == {"10.json", "20.json", "20.predictions.jsonl"}
    assert [p.name for p in (run.checkpoints / "best").iterdir()] == ["10"]


def test_the_best_before_a_checkpoint_that_may_have_to_be_gone_on_from_is_kept(
    tmp_path: Path, validated: Make, checkpoints: Make
) -> None:
    """The new best at 30 has been validated, and its own checkpoint is not on disk yet."""
    run = RunDir(tmp_path)
    validated(run, {0: 0.3, 10: 0.5, 20: 0.4, 30: 0.6})
    checkpoints(run, "actor/10", "actor/20", "best/0", "best/10", "best/30")
    validation = Validation(context(run, RunConfig()), [])
    validation._prune()
    assert {p.name for p in (run.checkpoints / "best").iterdir()} == {"10", "30"}
    validation.begin(start=20)
    assert [p.name for p in (run.checkpoints / "best").iterdir()] == ["10"]
    best = best_of(read_validations(run))
    assert best is not None
    choose_best(run, best, 20, "")
    assert run.newest_step("actor").parent.name == "10"


def test_weights_that_are_only_among_grpos_checkpoints_are_kept_before_those_are_pruned(
    tmp_path: Path, validated: Make, checkpoints: Make
) -> None:
    run = RunDir(tmp_path)
    validated(run, {10: 0.5, 20: 0.6})
    checkpoints(run, "actor/20", "best/10")
    Validation(context(run, RunConfig()), []).begin(start=20)
    assert (run.checkpoints / "best" / "20" / "model_params" / "weights").read_text() == "actor/20"


def test_a_best_whose_weights_are_gone_gives_way_to_the_next(
    tmp_path: Path, validated: Make, checkpoints: Make
) -> None:
    run = RunDir(tmp_path)
    validated(run, {10: 0.5, 20: 0.6, 30: 0.4})
    checkpoints(run, "actor/30", "best/10")
    choice = {"step": 20, "of": 30, "mean_reward": 0.6, "ci95": [0.5, 0.7], "n": 20, "stopped": ""}
    (run.checkpoints / "best.json").write_text(json.dumps(choice))
    assert finish_choice(run) is None
    assert [p.name for p in (run.checkpoints / "actor").iterdir()] == ["30"]
    Validation(context(run, RunConfig()), []).begin(start=30)
    Validation(context(run, RunConfig()), []).finish(30)
    assert run.newest_step("actor").parent.name == "10"


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


def test_an_interrupted_save_is_passed_over(
    tmp_path: Path, validated: Make, checkpoints: Make
) -> None:
    run = RunDir(tmp_path)
    validated(run, {10: 0.6, 20: 0.5})
    checkpoints(run, "actor/10", "actor/20", "best/10")
    for folder in ("actor", "best"):
        (run.checkpoints / folder / "30.orbax-checkpoint-tmp").mkdir()
    Validation(context(run, load_config()), []).begin(20)
    choose_best(run, read_validations(run)[0], 20, "")
    assert finish_choice(run) == 20
    assert run.newest_step("actor").parent.name == "10"


class KilledError(Exception):
    """Stands in for SIGKILL."""


TASKS = [Task(f"a:{n}", f"Tom has {n} pens.", str(n), "q", "test") for n in range(4)]
SOURCE = """
def length(completion, gold, prompt):
    return len(completion)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunContext]:
    """A run with the real tiny model and a reward function of its own."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "lengths_in_validation.py").write_text(SOURCE)
    config = RunConfig.model_validate(
        {
            "validation": {"problems": 4},
            "evaluation": {"batch_size": 4},
            "data": {"prompt_tokens": 16, "completion_tokens": 4},
            "reward": {"extra": ["lengths_in_validation:length:0.5"], "structure_at_end": 0.0},
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        context_ = context(RunDir(folder / "run"), config)
        yield context_
        context_.close()


def shift(context: RunContext, by: float) -> None:
    """Another policy."""
    state = nnx.state(context.model, nnx.LoRAParam)
    nnx.update(context.model, jax.tree.map(lambda x: x + by, state))


def test_the_start_of_grpo_is_a_candidate_and_every_kill_leaves_the_best_weights(
    made: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, validation = made.run, Validation(made, TASKS)
    validation(0, made.model)
    [start] = read_validations(run)
    predictions = read_predictions(validation_folder(run) / "0.predictions.jsonl")
    last = RewardSchedule(made.config.reward, 60).at(60)
    assert [p.total for p in predictions] == pytest.approx(
        [
            last.score(p.completion, p.gold, p.prompt).total + len(p.completion) / 2
            for p in predictions
        ]
    )
    assert start.reward == pytest.approx(fmean(p.total for p in predictions))
    assert [p.name for p in numbered(run.checkpoints / "best")] == ["0"]

    # Killed between the last answer and the figures: half-made predictions stay.
    partial = validation_folder(run) / "10.predictions.jsonl.partial"
    with monkeypatch.context() as patch:
        patch.setattr(evaluating, "write_predictions", raise_killed)
        with pytest.raises(KilledError):
            validation(10, made.model)
    assert partial.is_file()
    header, *lines = partial.read_text().splitlines()
    forged = [json.dumps({**json.loads(line), "completion": "another's"}) for line in lines]
    partial.write_text("\n".join([header, *forged]) + "\n")
    shift(made, 0.02)
    validation(10, made.model)
    texts = {
        p.completion for p in read_predictions(validation_folder(run) / "10.predictions.jsonl")
    }
    assert "another's" not in texts

    # A new best that is killed right before its figures are there has its weights on disk.
    monkeypatch.setattr(made.reward.extra[0], "weight", 50.0)
    with monkeypatch.context() as patch:
        patch.setattr(evaluating, "write_json", raise_killed)
        with pytest.raises(KilledError):
            validation(20, made.model)
    assert not (validation_folder(run) / "20.json").exists()
    assert {p.name for p in numbered(run.checkpoints / "best")} >= {"20"}
    again = Validation(made, TASKS)
    again.begin(start=20)
    again(20, made.model)
    best = best_of(read_validations(run))
    assert best is not None
    assert best.step == 20
    choose_best(run, best, 20, "")
    assert finish_choice(run) == 20
    made.restore(run.newest_step("actor"))


def raise_killed(*arguments: object, **options: object) -> None:
    raise KilledError
