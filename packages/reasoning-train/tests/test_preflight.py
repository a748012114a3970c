import subprocess
import sys
from pathlib import Path

import pytest

from reasoning_data import generate_arithmetic, prepare_training_data
from reasoning_data.rendering import get_style
from reasoning_train.config import load_config
from reasoning_train.errors import UserError
from reasoning_train.preflight import preflight
from reasoning_train.run_dir.directory import State, open_run
from reasoning_train.run_dir.settings_record import record_settings

JUDGED = ["--reward.rubric", "items.toml", "--reward.judge.model", "m"]
REWARDS = """
def fine(completion, gold, prompt):
    return 1.0

def narrow(completion):
    return 1.0

def nothing(completion, gold, prompt):
    return None
"""


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--reward.extra", "my_rewards:narrow:0.1"], "TypeError: narrow"),
        (["--reward.extra", "my_rewards:nothing:0.1"], "failed when tried"),
        (["--reward.extra", "my_rewards:missing:0.1"], "cannot load"),
        (["--reward.extra", "my_rewards:fine"], "is not module:function:weight"),
        (["--model.name", "gemma9"], "unknown model 'gemma9'"),
        (["--model.weights", "./nowhere"], "is not a folder with config.json"),
        ([*JUDGED, "--reward.judge.backend", "local"], "reward.judge.model 'm' is unknown; there"),
        (
            [*JUDGED, "--reward.judge.backend", "endpoint", "--reward.judge.api-key-env", "NO_KEY"],
            "reward.judge: the environment variable 'NO_KEY' holds no API key",
        ),
        (
            [*JUDGED, "--reward.judge.backend", "endpoint", "--reward.rubric-column", "rubric"],
            "reward.rubric_column: the data has no column 'rubric'",
        ),
        (["--data.sources", "a.jsonl"], "no such file: 'a.jsonl'"),
        (["--data.evaluations", "t=a.jsonl"], "data.evaluations t: no such file: 'a.jsonl'"),
        (["--data.build", "nowhere"], "data.build 'nowhere': no build in 'nowhere'"),
        (["--data.sources", "arithmetic:split=sft,limit=99999"], "between 0 and 30000"),
    ],
)
def test_what_is_wrong_is_said_at_once_and_leaves_nothing(
    flags: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_rewards.py").write_text(REWARDS)
    (tmp_path / "items.toml").write_text('[[items]]\nname = "a"\nquestion = "A?"\n')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=message) as error:
        preflight(load_config(preset="tiny", flags=flags), tmp_path / "run")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run").exists()


def test_a_build_is_held_against_the_models_tokenizer_at_once(tmp_path: Path) -> None:
    drawn = generate_arithmetic(9, seed=0)
    rows = {"sft": drawn[:3], "grpo": drawn[3:6], "eval": drawn[6:]}
    prepare_training_data(rows, tmp_path / "made", style=get_style("bare", confidence=False))
    flags = ["--data.build", str(tmp_path / "made")]
    preflight(load_config(preset="tiny", flags=flags), tmp_path / "run")
    short = load_config(preset="tiny", flags=[*flags, "--data.prompt-tokens", "9"])
    with pytest.raises(UserError, match=r"9 of its texts do not fit.*give --data\.prompt-tokens"):
        preflight(short, tmp_path / "run")


def test_a_place_that_takes_no_files_is_refused() -> None:
    with pytest.raises(UserError, match="cannot write to '/proc'"):
        preflight(load_config(preset="tiny"), Path("/proc/run"))


def test_data_that_is_built_already_need_not_be_there(tmp_path: Path) -> None:
    flags = ["--data.sources", "a.jsonl", "--data.evaluations", "test=b.jsonl"]
    config = load_config(preset="tiny", flags=flags)
    run = open_run(tmp_path / "run", config)
    run.data.mkdir()
    (run.data / "manifest.json").write_text("{}")
    preflight(config, run.root)


def test_a_warm_up_is_checked_as_long_as_its_stage_is_to_come(tmp_path: Path) -> None:
    config = load_config(preset="tiny", flags=["--sft.steps", "8"])
    with pytest.raises(UserError, match=r"sft\.warmup_steps 10 must be below sft\.steps 8"):
        preflight(config, tmp_path / "run")
    run = open_run(tmp_path / "run", config)
    record_settings(run, config)
    run.write_state(State(done=("data", "base", "sft")))
    preflight(config, run.root)


def test_it_needs_no_jax() -> None:
    code = (
        "import sys, reasoning_train.preflight; "
        "sys.exit(any(name in sys.modules for name in ('jax', 'tunix', 'orbax')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_dry_run_trains_nothing(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "reasoning_train.entry",
        "run",
        "--run-dir",
        str(tmp_path / "r"),
    ]
    done = subprocess.run([*command, "--dry-run"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "sound" in done.stdout
    assert not (tmp_path / "r").exists()
    shown = subprocess.run([*command, "--show-config"], capture_output=True, text=True, check=True)
    (tmp_path / "c.toml").write_text(shown.stdout)
    assert load_config(file=tmp_path / "c.toml") == load_config(preset="tiny")
