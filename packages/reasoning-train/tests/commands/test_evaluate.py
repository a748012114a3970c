"""The command with the real tiny model, and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reasoning_data import Cleaning, generate_arithmetic, prepare_training_data, read_tasks
from reasoning_train.cli import main
from reasoning_train.config import load_config
from reasoning_train.evaluation.pass_at_k import pass_at_k
from reasoning_train.evaluation.prediction import read_predictions
from reasoning_train.evaluation.problems import problems_sha256
from reasoning_train.run_dir.directory import exclusive, open_run

N = 6
ARGUMENTS = (
    "evaluate", "tiny-gemma3", "--prompt-format", "few-shot", "--shots", "2", "--samples", "2",
    "--completion-tokens", "48", "--batch-size", "4", "--limit", str(N), "--json",
)  # fmt: skip
NAME = f"tiny-gemma3-2-shot-2-samples-first-{N}"


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "build"
    problems = {
        "sft": generate_arithmetic(8, seed=0),
        "eval": generate_arithmetic(8, seed=0, held_out=True),
    }
    cleaning = Cleaning(near_threshold=0.0, ngram=0)
    prepare_training_data(problems, folder, style="bare", cleaning=cleaning, messages=False)
    return folder


def printed(argv: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """What the command prints as JSON."""
    main(argv)
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_a_real_model_is_evaluated_once(
    build: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    argv = [*ARGUMENTS, "--data", str(build)]
    summary = printed(argv, capsys)
    tasks = read_tasks(build, "eval")[:N]
    assert (summary["n"], summary["model"], summary["seed"]) == (N, "tiny-gemma3", None)
    assert (summary["prompt_format"], summary["shots"]) == ("few-shot", 2)
    assert summary["problems_sha256"] == problems_sha256(tasks)
    folder = tmp_path / "evaluation"
    names = {f"{NAME}.json", f"{NAME}.predictions.jsonl", "summary.md"}
    assert {path.name for path in folder.iterdir()} == names
    assert json.loads((folder / f"{NAME}.json").read_text()) == summary

    predictions = read_predictions(folder / f"{NAME}.predictions.jsonl")
    assert [p.id for p in predictions] == [t.id for t in tasks]
    for p in predictions:
        assert p.prompt.startswith("Question: ")
        assert p.prompt.count("#### ") == 2
        assert len({p.completion, *(s.completion for s in p.samples)}) > 1
        assert "Question:" not in p.completion
    right = [sum(s.correct_lenient for s in p.samples) for p in predictions]
    assert summary["pass_at_k_lenient"] == {
        str(k): pytest.approx(sum(pass_at_k(2, c, k) for c in right) / N) for k in (1, 2)
    }

    main(argv)
    assert "evaluated before" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*argv, "--sampling-seed", "1"])
    error = capsys.readouterr().err
    assert "differs in sampling_seed" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "takes one run directory, model folder or model name, not 0"),
        (["a", "b"], "not 2; several runs are for --compare"),
        (["tiny-gemma3"], "'tiny-gemma3' brings no problems: add --data BUILD"),
        (["nothing"], "'nothing' is neither a run directory"),
        (["tiny-gemma3", "--data", "nowhere"], "no build in 'nowhere'"),
        (["tiny-gemma3", "--samples", "0"], "'0' is not a whole number above 0"),
        (["tiny-gemma3", "--temperature", "0"], "'0' is no temperature above 0"),
        (["tiny-gemma3", "--temperature", "nan"], "'nan' is no temperature"),
        (["tiny-gemma3", "--prompt-format", "chat"], "invalid choice: 'chat'"),
        (["tiny-gemma3", "--limitt", "3"], "unknown argument '--limitt'"),
        (["--compare", "a.json", "b.json"], "no evaluation at 'a.json'"),
        (["run", "--compare", "sft", "grpo"], "'run' holds no evaluation"),
        (["--compare", "a.json"], "--compare: expected 2 arguments"),
    ],
)
def test_wrong_input_is_one_line_and_exit_2(
    argv: list[str], message: str, refused: Callable[[list[str]], str]
) -> None:
    assert message in refused(["evaluate", *argv])


@pytest.mark.parametrize("name", ["../up", ".hidden", "a/b"])
def test_a_name_stays_in_its_folder(
    name: str, build: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["evaluate", "tiny-gemma3", "--data", str(build), "--name", name])
    assert "is no plain file name" in capsys.readouterr().err


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["evaluate", "--help"])
    assert exit_.value.code == 0
    text = capsys.readouterr().out
    for part in ("examples:", "--prompt-format", "--compare", "pass@k and maj@k", "goes on with"):
        assert part in text


def test_a_run_that_another_process_works_in_is_not_written_to(
    build: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = open_run(tmp_path / "run", load_config(preset="tiny"))
    argv = ["evaluate", str(run.root), "--stage", "base", "--data", str(build), "--limit", "1"]
    with exclusive(run), pytest.raises(SystemExit) as exit_:
        main(argv)
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert "another process is running in" in error
    assert "--output DIR" in error
    assert error.count("\n") == 1
    assert not run.evaluation.exists()
    with exclusive(run):
        main([*argv, "--output", str(tmp_path / "elsewhere"), "--completion-tokens", "4"])
    assert list((tmp_path / "elsewhere").glob("*.json"))
