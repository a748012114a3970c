import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reasoning_train.cli import main
from reasoning_train.config import dump_toml, load_config

REWARDS = """
def brevity(completion, gold, prompt):
    return 1.0 if len(completion) < 120 else 0.0

def fragile(completion, gold, prompt):
    return 1.0 / len(completion.strip("Sure!"))

def broken(completion, gold, prompt):
    raise KeyError("gold_answer")
"""


@pytest.fixture(autouse=True)
def _own_rewards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "probed_rewards.py").write_text(REWARDS)
    monkeypatch.chdir(tmp_path)


def probed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, str]]:
    """Exit code, and the problem of each case that has one."""
    code = 0
    try:
        main(["probe", "--json", *arguments])
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    found = json.loads(capsys.readouterr().out)
    assert found["violated"] == sum(bool(case["problem"]) for case in found["cases"])
    assert found["n"] == len(found["cases"]) > 50
    return code, {c["name"]: c["problem"] for c in found["cases"] if c["problem"]}


@pytest.mark.parametrize(
    "flags", [[], ["--preset", "kaggle-gemma3-1b"], ["--data.confidence", "false"]], ids=str
)
def test_the_rewards_of_our_presets_pass(
    flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert probed(capsys, *flags) == (0, {})


def test_a_runs_own_weights_and_functions_are_probed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "run"
    root.mkdir()
    extra = ["--reward.extra", "probed_rewards:brevity:0.9"]
    (root / "config.toml").write_text(dump_toml(load_config(preset="tiny", flags=extra)))
    code, problems = probed(capsys, "--config", str(root))
    assert code == 1
    assert problems["empty completion"] == "not at most half of honest"
    weights = ["--reward.correctness", "0.1", "--reward.structure", "0.9"]
    code, problems = probed(capsys, *weights, "--reward.confidence", "0")
    assert code == 1
    assert "answer list" in problems


def test_a_function_without_a_value_for_a_case_is_a_finding(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, problems = probed(capsys, "--reward.extra", "probed_rewards:fragile:0.1")
    assert code == 1
    assert problems["empty completion"] == "raised NoValueError"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config", "."], "'.' is not a run directory: it has no config.toml"),
        (["--config", "nowhere"], "cannot read the configuration 'nowhere'"),
        (["stray"], "unrecognized arguments: stray"),
        (
            ["--reward.extra", "probed_rewards:broken:0.1"],
            "honest case: probed_rewards:broken",
        ),
        (["--reward.extra", "probed_rewards:none:0.1"], "cannot load"),
        (["--rewards.extra", "x"], "unknown flag --rewards.extra"),
    ],
)
def test_wrong_input_is_one_line_and_exit_2(
    arguments: list[str], message: str, refused: Callable[[list[str]], str]
) -> None:
    assert message in refused(["probe", *arguments])
