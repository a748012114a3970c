import json
from pathlib import Path

import pytest

from reasoning_train.config import load_config
from reasoning_train.errors import UserError
from reasoning_train.run_dir.directory import RunDir, State, open_run
from reasoning_train.run_dir.settings_record import record_settings


def tiny(*flags: str):  # type: ignore[no-untyped-def]
    steps = () if "--sft.steps" in flags else ("--sft.steps", "40")
    return load_config(preset="tiny", flags=["--data.confidence", "true", *steps, *flags])


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    """Make a run whose SFT is finished and whose GRPO has not begun."""
    run = open_run(tmp_path / "run", tiny())
    record_settings(run, tiny())
    run.write_state(State(done=("data", "base", "sft", "sft-evaluation")))
    return run


def test_settings_of_a_stage_to_come_may_change_and_are_recorded(run: RunDir) -> None:
    [change] = record_settings(run, tiny("--grpo.steps", "7"))
    assert change.key == "grpo.steps"
    assert load_config(file=run.config).grpo.steps == 7
    first, last = map(json.loads, run.settings.read_text().splitlines())
    assert first["changed"] == {}
    assert last["changed"] == {"grpo.steps": [30, 7]}
    assert record_settings(run, tiny("--grpo.steps", "7")) == []


@pytest.mark.parametrize(
    "flags",
    [
        ("--seed", "1"),
        ("--sft.steps", "19"),
        ("--sft.learning-rate", "1e-5"),
        ("--data.eval-problems", "9"),
    ],
)
def test_settings_of_a_finished_stage_are_refused_by_name(
    run: RunDir, flags: tuple[str, str]
) -> None:
    before = run.config.read_bytes()
    with pytest.raises(UserError, match=flags[0].removeprefix("--").replace("-", "_")):
        record_settings(run, tiny(*flags))
    assert run.config.read_bytes() == before


@pytest.mark.parametrize(
    "flags",
    [("--budget", "9h"), ("--evaluation.batch-size", "9"), ("--track.tensorboard", "false")],
)
def test_what_no_result_depends_on_may_change_at_any_time(
    run: RunDir, flags: tuple[str, str]
) -> None:
    run.write_state(State(done=("data", "base", "sft", "sft-evaluation", "grpo")))
    assert len(record_settings(run, tiny(*flags))) == 1


def test_sampling_may_be_switched_on_until_it_is_passed(run: RunDir) -> None:
    flags = ("--sampling.completions", "4")
    [change] = record_settings(run, tiny(*flags))
    assert change.key == "sampling.completions"
    run.samples.mkdir()
    (run.samples / "000001.parquet").write_text("")
    with pytest.raises(UserError, match=r"sampling\.completions 4 → 0"):
        record_settings(run, tiny())
    # More steps of SFT would need other samples.
    with pytest.raises(UserError, match=r"sft\.steps 40 → 60"):
        record_settings(run, tiny(*flags, "--sft.steps", "60"))


def test_a_run_from_before_there_was_sampling_has_passed_it(run: RunDir) -> None:
    (run.checkpoints / "actor" / "10").mkdir(parents=True)
    with pytest.raises(UserError, match=r"sampling\.completions 0 → 4"):
        record_settings(run, tiny("--sampling.completions", "4"))


def test_sampling_that_was_left_out_does_not_end_what_more_sft_can_do(run: RunDir) -> None:
    run.write_state(State(done=("data", "base", "sft", "sampling", "sft-evaluation")))
    [change] = record_settings(run, tiny("--sft.steps", "60"))
    assert change.key == "sft.steps"


def test_grpo_has_begun_once_it_has_a_checkpoint(run: RunDir) -> None:
    (run.checkpoints / "actor" / "10").mkdir(parents=True)
    with pytest.raises(UserError, match=r"grpo\.learning_rate 0\.001 → 0\.1"):
        record_settings(run, tiny("--grpo.learning-rate", "0.1"))


def test_a_finished_stage_that_is_given_more_steps_goes_on(run: RunDir) -> None:
    done = ("data", "base", "sft", "sft-evaluation", "grpo", "grpo-evaluation", "export")
    run.write_state(State(done=done, steps={"sft": 40, "grpo": 30}))
    run.evaluation.mkdir()
    for name in ("sft.json", "grpo.json", "grpo.predictions.jsonl"):
        (run.evaluation / name).write_text("{}")
    with pytest.raises(UserError, match=r"sft\.steps 40 → 60"):  # GRPO was made from it
        record_settings(run, tiny("--sft.steps", "60"))
    with pytest.raises(UserError, match=r"grpo\.steps 30 → 20"):
        record_settings(run, tiny("--grpo.steps", "20"))
    assert run.read_state().done == done
    record_settings(run, tiny("--grpo.steps", "40"))
    assert run.read_state().done == done[:4]
    assert sorted(path.name for path in run.evaluation.iterdir()) == [
        "grpo-30.json", "grpo-30.predictions.jsonl", "sft.json",
    ]  # fmt: skip
    record_settings(run, tiny("--grpo.steps", "40"))
    assert (run.evaluation / "grpo-30.json").is_file()


def test_more_steps_of_sft_as_long_as_grpo_has_not_begun(run: RunDir) -> None:
    record_settings(run, tiny("--sft.steps", "60"))
    assert run.read_state().done == ("data", "base")


def test_an_edited_configuration_file_is_not_trusted(run: RunDir) -> None:
    run.config.write_text(run.config.read_text().replace("seed = 0", "seed = 5"))
    with pytest.raises(UserError, match="seed 0 → 5"):
        record_settings(run, load_config(file=run.config))


def test_another_reward_makes_the_evaluations_again(run: RunDir) -> None:
    run.evaluation.mkdir()
    for name in ("base.json", "base-raw.predictions.jsonl", "sft.json"):
        (run.evaluation / name).write_text("{}")
    run.manifest.write_text("{}")
    flags = ("--reward.structure", "0.15", "--reward.confidence", "0.25")
    assert len(record_settings(run, tiny(*flags))) == 2
    assert run.read_state().done == ("data", "sft")
    assert not list(run.evaluation.iterdir())
    assert json.loads(run.manifest.read_text())["reward_weights"] == {
        "correctness": 0.6,
        "structure": 0.15,
        "confidence": 0.25,
    }


def test_a_run_of_another_version_is_refused(tmp_path: Path) -> None:
    run = open_run(tmp_path / "run", tiny())
    run.config.write_text(run.config.read_text() + "gone = 1\n")
    with pytest.raises(UserError, match="another version"):
        record_settings(run, tiny())


def test_a_configuration_without_a_record_is_not_replaced(tmp_path: Path) -> None:
    run = open_run(tmp_path / "run", tiny("--seed", "7"))
    with pytest.raises(UserError, match="seed 7 → 0"):
        record_settings(run, tiny())
    assert load_config(file=run.config).seed == 7
