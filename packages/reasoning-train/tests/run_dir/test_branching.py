import json
from dataclasses import replace
from pathlib import Path

import pytest

from reasoning_train.config import load_config
from reasoning_train.errors import UserError
from reasoning_train.run_dir.branching import branch_from
from reasoning_train.run_dir.directory import RunDir, State, open_run
from reasoning_train.run_dir.settings_record import record_settings


@pytest.fixture
def other(tmp_path: Path) -> RunDir:
    """Make a run directory that has finished GRPO."""
    run = open_run(tmp_path / "other", load_config(preset="tiny"))
    record_settings(run, load_config(preset="tiny"))
    for folder in (
        "data",
        "evaluation",
        "checkpoints/sft/10/model_params",
        "checkpoints/sft/22/model_params",
        "checkpoints/actor/30/model_params",
    ):
        (run.root / folder).mkdir(parents=True)
    (run.data / "manifest.json").write_text("{}")
    for name in ("base.json", "base-raw.json", "sft.json", "grpo.json"):
        (run.evaluation / name).write_text(name)
    lines = [
        {"step": 1, "stage": stage, "elapsed_s": 1.0, "values": {}} for stage in ("sft", "grpo")
    ]
    run.metrics.write_text("".join(json.dumps(line) + "\n" for line in lines))
    run.write_state(
        State(
            done=("data", "base", "sft", "sft-evaluation", "grpo", "grpo-evaluation"),
            elapsed_s=90.0,
            steps={"sft": 22, "grpo": 30},
            ended_s={"sft": 40.0, "sft-evaluation": 50.0, "grpo": 80.0},
        )
    )
    return run


def test_everything_up_to_sft_is_taken_and_nothing_after(other: RunDir, tmp_path: Path) -> None:
    branch_from(other.root, tmp_path / "new" / "run")
    run = RunDir(tmp_path / "new" / "run")
    state = run.read_state()
    assert state.done == ("data", "base", "sft", "sft-evaluation")
    assert (state.elapsed_s, dict(state.steps)) == (50.0, {"sft": 22})
    assert {p.name for p in run.evaluation.iterdir()} == {
        "base.json", "base-raw.json", "sft.json",
    }  # fmt: skip
    assert [json.loads(x)["stage"] for x in run.metrics.read_text().splitlines()] == ["sft"]
    assert [p.name for p in (run.checkpoints / "sft").iterdir()] == ["22"]
    assert not (run.checkpoints / "actor").exists()
    changed = record_settings(run, load_config(preset="tiny", flags=["--grpo.steps", "7"]))
    assert [change.key for change in changed] == ["grpo.steps"]
    with pytest.raises(UserError, match=r"sft\.steps"):
        record_settings(run, load_config(preset="tiny", flags=["--sft.steps", "17"]))


def test_samples_come_with_the_policy_that_drew_them(other: RunDir, tmp_path: Path) -> None:
    other.samples.mkdir()
    (other.samples / "000001.parquet").write_text("drawn")
    for path in (other.pass_rates, other.sampling):
        path.write_text(path.name)
    line = {"step": 1, "stage": "sampling", "elapsed_s": 2.0, "values": {}}
    with other.metrics.open("a") as file:
        file.write(json.dumps(line) + "\n")
    branch_from(other.root, tmp_path / "before")  # its stage has not finished
    assert not RunDir(tmp_path / "before").samples.exists()
    state = other.read_state()
    other.write_state(replace(state, done=("data", "base", "sft", "sampling", "grpo")))
    branch_from(other.root, tmp_path / "run")
    run = RunDir(tmp_path / "run")
    assert run.read_state().done == ("data", "base", "sft", "sampling")
    assert [p.read_text() for p in run.samples.iterdir()] == ["drawn"]
    assert (run.pass_rates.is_file(), run.sampling.is_file()) == (True, True)
    stages = [json.loads(x)["stage"] for x in run.metrics.read_text().splitlines()]
    assert stages == ["sft", "sampling"]
    drawn_anew = load_config(preset="tiny", flags=["--sampling.completions", "4"])
    with pytest.raises(UserError, match=r"sampling\.completions"):
        record_settings(run, drawn_anew)


def test_a_branch_that_is_there_is_left_as_it_is(other: RunDir, tmp_path: Path) -> None:
    branch_from(other.root, tmp_path / "run")
    run = RunDir(tmp_path / "run")
    run.write_state(State(done=("data", "base", "sft", "sft-evaluation", "grpo")))
    branch_from(other.root, run.root)
    assert "grpo" in run.read_state().done


def test_an_interrupted_copy_is_made_again(other: RunDir, tmp_path: Path) -> None:
    (tmp_path / ".run.begun").mkdir()
    (tmp_path / ".run.begun" / "half").write_text("")
    branch_from(other.root, tmp_path / "run")
    assert {p.name for p in tmp_path.iterdir()} == {"other", "run"}
    assert not (tmp_path / "run" / "half").exists()


def test_what_no_run_can_begin_from_is_refused(other: RunDir, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a run directory"):
        branch_from(tmp_path, tmp_path / "run")
    other.write_state(State(done=("data",)))
    with pytest.raises(UserError, match="its SFT has not finished"):
        branch_from(other.root, tmp_path / "run")
    assert not (tmp_path / "run").exists()
