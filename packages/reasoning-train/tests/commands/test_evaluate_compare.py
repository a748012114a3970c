"""`reasoning-train evaluate --compare`, on evaluations written here."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from reasoning_data import Task
from reasoning_rewards import CompositeReward
from reasoning_train.cli import main
from reasoning_train.config import dump_toml, load_config
from reasoning_train.durable import write_json
from reasoning_train.evaluation.figures import summarise
from reasoning_train.evaluation.prediction import predict, write_predictions

BEFORE = [True] * 2 + [False] * 8
AFTER = [True] * 9 + [False]


def write(run: Path, name: str, outcomes: Sequence[bool], seed: int = 0) -> Path:
    """An evaluation whose n-th prediction is right or not."""
    predictions = [
        predict(
            Task(f"p:{number}", "prompt", "14", "question", "test"),
            f"<reasoning>so.</reasoning><answer>{14 if right else 3}</answer>",
            CompositeReward(),
            finished=True,
        )
        for number, right in enumerate(outcomes)
    ]
    path = run / "evaluation" / f"{name}.json"
    write_predictions(path.with_suffix(".predictions.jsonl"), predictions)
    write_json(path, summarise(predictions, model="m", seed=seed))
    return path


def test_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [write(tmp_path / "a", "sft", BEFORE), write(tmp_path / "a", "grpo", AFTER)]
    main(["evaluate", "--compare", *map(str, paths)])
    assert capsys.readouterr().out == (
        "GRPO − SFT: +70.0 points, 95 % CI 22.8 to 89.2, n = 10, seed 0, p = 0.016 (McNemar)\n"
    )
    main(["evaluate", "--compare", *map(str, paths), "--json"])
    found = json.loads(capsys.readouterr().out)
    (entry,) = found["comparisons"]
    assert (entry["gained"], entry["lost"], entry["n"], entry["test"]) == (7, 0, 10, "McNemar")
    assert entry["interval"]["low"] < 0.7 < entry["interval"]["high"]
    assert "pooled" not in found


def test_the_same_stage_of_two_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [write(tmp_path / "one", "grpo", BEFORE), write(tmp_path / "two", "grpo", AFTER, 1)]
    main(["evaluate", "--compare", *map(str, paths), "--metric", "reward"])
    shown = capsys.readouterr().out
    assert shown.startswith("two/grpo − one/grpo: +0.")
    assert "n = 10, seeds 0 and 1, p " in shown


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    """Three runs that differ in their seed."""
    for seed, right in enumerate((9, 7, 8)):
        run = tmp_path / f"seed-{seed}"
        write(run, "sft", BEFORE, seed)
        write(run, "grpo", [True] * right + [False] * (10 - right), seed)
        config = load_config(preset="tiny", flags=["--seed", str(seed)])
        (run / "config.toml").write_text(dump_toml(config))
    return [str(tmp_path / f"seed-{seed}") for seed in range(3)]


def test_several_runs_are_pooled(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["evaluate", *runs, "--compare", "sft", "grpo"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert "seed 2" in lines[2]
    assert lines[3].startswith(
        "GRPO − SFT over 3 seeds (0, 1, 2): +60.0 points, 95 % CI 35.2 to 84.8"
    )
    main(["evaluate", *runs, "--compare", "sft", "grpo", "--json"])
    pooled = json.loads(capsys.readouterr().out)["pooled"]
    assert pooled["per_seed"] == pytest.approx([0.7, 0.5, 0.6])


def test_runs_with_other_settings_are_not_pooled(
    runs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    config = load_config(preset="tiny", flags=["--seed", "2", "--grpo.steps", "9"])
    (Path(runs[2]) / "config.toml").write_text(dump_toml(config))
    with pytest.raises(SystemExit):
        main(["evaluate", *runs, "--compare", "sft", "grpo"])
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "seed-2' differ in their settings of grpo; only runs" in shown.err


def test_other_problems_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [write(tmp_path, "sft", BEFORE), write(tmp_path, "grpo", AFTER[:9])]
    with pytest.raises(SystemExit) as exit_:
        main(["evaluate", "--compare", *map(str, paths)])
    assert exit_.value.code == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert "they share 9 of 10 and 9 problems" in shown.err
