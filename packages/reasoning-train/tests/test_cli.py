import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from reasoning_train.cli import main


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["run", "--preset", "tinny"], "unknown preset 'tinny'; presets: gemma3-270m-cpu"),
        (["run", "--grpo.stepz", "3"], "unknown flag --grpo.stepz; did you mean grpo.steps?"),
        (["run", "--model.name", "gemma4"], "unknown model 'gemma4'"),
        (["run", "--budget", "soon"], "budget 'soon' is not a time"),
        (["run", "--config", "no.toml"], "cannot read the configuration 'no.toml'"),
        (["run", "--data.source", "gsm8k"], "--data.source is gone: write data.sources = "),
        (["run", "--data.sources", "gsm8k:x.jsonl"], "no such file: 'x.jsonl'"),
        (
            ["run", "--model.weights", "nowhere"],
            "model.weights 'nowhere' is not a folder with config.json",
        ),
        (["run", "--model.lora-targets", "nothing"], "'nothing' matches no module"),
        (["run", "--track.wandb", "true"], "uv run --extra wandb"),
        (["run", "--until", "lunch"], "invalid choice: 'lunch' (choose from 'data', 'base'"),
        (["rum"], "rum"),
        ([], "command"),
    ],
)
def test_wrong_input_is_one_line_and_exit_2(
    argv: list[str],
    message: str,
    refused: Callable[[list[str]], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    assert message in refused(argv)


def test_a_folder_of_another_run_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "run"
    root.mkdir()
    (root / "config.toml").write_text("seed = 7\n")
    with pytest.raises(SystemExit) as exit_:
        main(["run", "--run-dir", str(root)])
    assert exit_.value.code == 2
    assert "other settings" in capsys.readouterr().err
    assert [p.name for p in root.iterdir()] == ["config.toml"]


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["run", "--help"])
    assert exit_.value.code == 0
    text = capsys.readouterr().out
    for part in ("examples:", "--run-dir", "--grpo.num-generations", "Completions a prompt"):
        assert part in text


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"reasoning-train {version('reasoning-train')}\n"


def test_a_reader_that_has_seen_enough_is_no_fault() -> None:
    script = [sys.executable, "-m", "reasoning_train.entry", "run", "--help"]
    process = subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 0
