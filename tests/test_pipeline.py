"""The whole pipeline on the tiny model, smaller than its preset, and that it repeats itself."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.dataset
import pytest

from reasoning_data import generate_arithmetic, read_examples, read_tasks
from reasoning_data.sources.pretraining_text import plain_text, worked_text
from reasoning_train import load_config, run
from reasoning_train.config.engine_settings import lengths
from reasoning_train.loop.rollback import Rollbacks
from reasoning_train.models import locate_base
from reasoning_train.models.tokenizer import Tokenizer
from reasoning_train.run_dir.directory import RunDir
from reasoning_train.stages.draws import Draws
from reasoning_train.stages.sft import filling, sft_batches, tokenized
from reasoning_train.stages.validation import split_tasks

SMALL = [
    *("--data.sft-problems", "200", "--data.grpo-problems", "100", "--data.eval-problems", "60"),
    *("--sft.steps", "25", "--sft.batch-size", "16", "--evaluation.batch-size", "60"),
    *("--sft.save-every", "5", "--grpo.save-every", "1"),
    *("--grpo.steps", "3", "--grpo.warmup-steps", "1"),
    *("--grpo.batch-size", "4", "--grpo.num-generations", "4"),
    *("--sampling.completions", "4", "--sampling.problems", "20", "--sampling.batch-size", "10"),
    *("--own-traces.steps", "4", "--own-traces.warmup-steps", "1", "--grpo.prompts", "pool"),
    *("--validation.problems", "20", "--seed", "3"),
]
KILLS = int(os.environ.get("REASONING_KILLS", "3"))
SECONDS_TO_LIVE = (10.0, 60.0)
"""Before a run is killed. Compiling takes most of a short run."""

TOKENS_OF_THE_BASE = ((plain_text, 3000 * 64 * 88), (worked_text, 1200 * 64 * 88))
"""What the two phases of pre-training read at most: steps, rows, tokens a row."""


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reasoning_train.entry", "run", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A finished run and what the terminal showed."""
    root = tmp_path_factory.mktemp("pipeline") / "run"
    result = command("--run-dir", str(root), *SMALL)
    assert result.returncode == 0, result.stderr
    return root, result.stdout


def evaluation(root: Path, name: str) -> dict[str, object]:
    return json.loads((root / "evaluation" / f"{name}.json").read_text())


def without_time(metrics: Path) -> list[tuple[str, int, dict[str, float]]]:
    lines = [json.loads(line) for line in metrics.read_text().splitlines()]
    return [(line["stage"], line["step"], line["values"]) for line in lines]


def last_of_each_step(root: Path) -> dict[tuple[str, int], dict[str, float]]:
    return {(stage, step): values for stage, step, values in without_time(root / "metrics.jsonl")}


def test_every_part_of_the_run_directory_is_there(finished: tuple[Path, str]) -> None:
    root, _ = finished
    steps = {"sft": 25, "own-traces": 4, "grpo": 3}
    assert json.loads((root / "state.json").read_text())["steps"] == steps
    logged = Counter(stage for stage, _, _ in without_time(root / "metrics.jsonl"))
    assert logged == {**steps, "sampling": 2}
    samples = pyarrow.dataset.dataset(root / "samples").to_table()
    assert samples["draw"].to_pylist() == [0, 1, 2, 3] * 20
    rollouts = pyarrow.dataset.dataset(root / "rollouts").to_table()
    assert rollouts["step"].to_pylist() == [1] * 16 + [2] * 16 + [3] * 16
    shown = json.loads((root / "tokens.json").read_text())["rollouts"]
    assert len(shown) == 8
    assert all(len(one["tokens"]) == len(one["logps"]) > 0 for one in shown)
    assert list((root / "checkpoints/actor").glob("*/model_params/manifest.ocdbt"))
    for name in ("base", "sft", "grpo"):
        summary = evaluation(root, name)
        assert summary["n"] == 60
        assert {
            "accuracy", "accuracy_lenient", "well_formed", "mean_reward", "ece", "brier", "ci95",
        } <= summary.keys()  # fmt: skip


def test_the_base_is_also_asked_in_the_form_that_suits_it_best(
    finished: tuple[Path, str],
) -> None:
    root, shown = finished
    base = evaluation(root, "base")
    best: Any = base["best_prompt"]
    assert base["accuracy"] == 0.0
    assert (best["format"], best["n"], best["evaluation"]) == ("raw", 60, "base-raw")
    assert best["accuracy"] == evaluation(root, "base-raw")["accuracy_lenient"] > 0.8
    low, high = best["ci95"]
    assert low < best["accuracy"] <= high
    lines = (root / "evaluation" / "prompts" / "raw.predictions.jsonl").read_text().splitlines()
    chosen_on = {json.loads(line)["id"] for line in lines}
    assert best["chosen_on"]["n"] == len(chosen_on)
    assert not chosen_on & {task.id for task in read_tasks(root / "data", "eval")}
    assert "Asked in the raw form the base gets" in shown


def test_the_output_is_the_checkpoint_with_the_best_reward_on_problems_kept_out(
    finished: tuple[Path, str],
) -> None:
    root, shown = finished
    files = {int(p.stem): p for p in (root / "evaluation" / "validation").glob("[0-9].json")}
    rewards = {step: json.loads(p.read_text())["mean_reward"] for step, p in files.items()}
    assert rewards.keys() == {0, 1, 2, 3}  # 0 is the SFT policy
    best = max(rewards, key=lambda step: (rewards[step], -step))
    assert evaluation(root, "grpo")["checkpoint"] == f"actor/{best}"
    assert f"step {best} of 3" in shown
    assert "as the highest of 4, this reward" in shown
    lines = files[1].with_suffix(".predictions.jsonl").read_text().splitlines()
    validated = {json.loads(line)["id"] for line in lines}
    drawn, rollouts = (
        set(pyarrow.dataset.dataset(root / folder).to_table()["id"].to_pylist())
        for folder in ("samples", "rollouts")
    )
    assert (len(validated), len(drawn)) == (20, 20)
    assert rollouts <= drawn
    assert not validated & (drawn | {task.id for task in read_tasks(root / "data", "eval")})


def test_sft_teaches_the_format(finished: tuple[Path, str]) -> None:
    root, _ = finished
    assert evaluation(root, "base")["well_formed"] == 0.0
    assert evaluation(root, "sft")["well_formed"] > 0.5  # type: ignore[operator]


def test_the_data_come_in_the_order_of_the_seed(finished: tuple[Path, str]) -> None:
    root, _ = finished
    config = load_config(file=root / "config.toml")
    assert config.seed != 0
    tasks, _ = split_tasks(read_tasks(root / "data", "grpo"), config.validation.problems)
    draws = Draws(tasks, config, RunDir(root)).batches(Rollbacks(root / "none.json"))
    prompts = islice(draws, 3)
    expected = [name for batch in prompts for name in batch.ids for _ in range(4)]
    rollouts = pyarrow.dataset.dataset(root / "rollouts").to_table().sort_by("step")
    assert rollouts["id"].to_pylist() == expected
    tokenizer = Tokenizer(locate_base(config.model.name).folder / "tokenizer.model")
    examples = tokenized(read_examples(root / "data"), tokenizer)
    drawn = sft_batches(
        examples, config.sft, lengths(config), seed=config.seed, pad_id=tokenizer.pad_id
    )
    steps = [values for stage, _, values in without_time(root / "metrics.jsonl") if stage == "sft"]
    for batch, values in zip(islice(drawn, 25), steps, strict=True):
        found = {name: values[name] for name in ("tokens", "padding")}
        assert found == pytest.approx(filling(batch, tokenizer.pad_id))


def test_an_evaluation_is_of_the_weights_that_it_names(
    finished: tuple[Path, str], tmp_path: Path
) -> None:
    """The command loads the checkpoint anew; what it writes is what the run wrote.

    Of GRPO the last step is evaluated: what validation chose may be SFT's policy.
    """
    run = tmp_path / "run"
    shutil.copytree(finished[0], run)
    checkpoints = run / "checkpoints"
    (last,) = checkpoints.glob("a*/3")  # actor or after-best
    last.rename(checkpoints / "actor" / "3")
    (checkpoints / "best.json").unlink()
    for file in (run / "evaluation").glob("grpo.*"):
        file.unlink()
    state = json.loads((run / "state.json").read_text())
    state["done"] = [name for name in state["done"] if name not in ("grpo-evaluation", "export")]
    (run / "state.json").write_text(json.dumps(state))
    config = str(run / "config.toml")
    result = command("--run-dir", str(run), "--config", config, "--until", "grpo-evaluation")
    assert result.returncode == 0, result.stderr
    assert evaluation(run, "grpo")["checkpoint"] == "actor/3"

    def written(folder: Path, stage: str) -> list[str]:
        lines = (folder / f"{stage}.predictions.jsonl").read_text().splitlines()
        return [json.loads(line)["completion"] for line in lines]

    for stage in ("sft", "grpo"):
        options = ["--stage", stage, "--output", str(tmp_path), "--name", stage]
        subprocess.run(
            [sys.executable, "-m", "reasoning_train.entry", "evaluate", str(run), *options],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        assert written(tmp_path, stage) == written(run / "evaluation", stage)
    assert written(tmp_path, "sft") != written(tmp_path, "grpo")


def test_the_terminal_shows_the_table_and_the_places(finished: tuple[Path, str]) -> None:
    root, shown = finished
    for part in ("accuracy", "format", "base", "sft", "grpo", "GRPO − SFT:", "n = 60", str(root)):
        assert part in shown


def test_the_export_is_verified_by_its_own_command(finished: tuple[Path, str]) -> None:
    out = finished[0] / "export" / "safetensors"
    assert {"config.json", "tokenizer.model"} <= {p.name for p in out.iterdir()}
    code = "from reasoning_export.cli import main; main()"
    script = [sys.executable, "-c", code, "verify", str(out)]
    result = subprocess.run(script, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr + result.stdout


def test_a_finished_run_is_not_run_again(finished: tuple[Path, str]) -> None:
    root, shown = finished
    before = (root / "metrics.jsonl").read_bytes()
    result = command("--run-dir", str(root), *SMALL)
    assert result.returncode == 0, result.stderr
    assert (root / "metrics.jsonl").read_bytes() == before
    assert result.stdout.splitlines()[-3:] == shown.splitlines()[-3:]


def test_another_grpo_begins_from_the_sft_of_a_finished_run(
    finished: tuple[Path, str], tmp_path: Path
) -> None:
    root, _ = finished
    branch = tmp_path / "branch"
    refused = command("--from", str(root), "--run-dir", str(branch), "--sft.steps", "19")
    assert refused.returncode == 2
    assert "sft.steps 25 → 19" in refused.stderr
    assert not branch.exists()
    result = command("--from", str(root), "--run-dir", str(branch), "--grpo.save-every", "3")
    assert result.returncode == 0, result.stderr
    assert "changed setting: grpo.save_every 1 → 3" in result.stdout
    # Not one update of SFT was made again, and GRPO is that of the other run, to the bit.
    assert "SFT 25/25" not in result.stdout
    assert last_of_each_step(branch) == last_of_each_step(root)
    assert evaluation(branch, "sft") == evaluation(root, "sft")


def test_a_finished_run_goes_on_when_it_is_given_more_steps(
    finished: tuple[Path, str], tmp_path: Path
) -> None:
    root = tmp_path / "longer"
    shutil.copytree(finished[0], root)
    before = without_time(root / "metrics.jsonl")
    result = command("--run-dir", str(root), *SMALL, "--grpo.steps", "5")
    assert result.returncode == 0, result.stderr
    assert json.loads((root / "state.json").read_text())["steps"] == {
        "sft": 25, "own-traces": 4, "grpo": 5,
    }  # fmt: skip
    metrics = without_time(root / "metrics.jsonl")
    assert metrics[: len(before)] == before
    assert [(stage, step) for stage, step, _ in metrics[len(before) :]] == [
        ("grpo", 4),
        ("grpo", 5),
    ]
    validated = {p.stem for p in (root / "evaluation/validation").glob("?.json")}
    assert validated == {"0", "1", "2", "3", "4", "5"}
    assert evaluation(root, "grpo-3") == evaluation(finished[0], "grpo")
    exported = json.loads((root / "export/safetensors/export.json").read_text())
    chosen = json.loads((root / "checkpoints/best.json").read_text())
    assert (chosen["of"], exported["checkpoint"]["step"]) == (5, chosen["step"])


def test_a_notebook_trains_with_a_reward_of_its_own(
    finished: tuple[Path, str], tmp_path: Path
) -> None:
    root, _ = finished
    golds: list[str] = []

    def half(completion: str, gold: str, prompt: str) -> float:
        golds.append(gold)
        return 0.5

    config = load_config(file=root / "config.toml", flags=["--grpo.steps", "2"])
    done = run(config, tmp_path / "own", reward=half, weight=0.2, source=root, until="grpo")
    rollouts = pyarrow.dataset.dataset(done.rollouts).to_table().to_pylist()
    name = next(key for key in rollouts[0] if key.endswith("half"))
    assert [row[name] for row in rollouts] == [0.5] * 32
    assert {row["gold"] for row in rollouts} <= set(golds)
    assert (done.root / "report.html").is_file()


def test_grpo_without_any_success_is_said_on_the_terminal_and_stops_where_asked(
    finished: tuple[Path, str], tmp_path: Path
) -> None:
    root, _ = finished
    result = command(
        "--from", str(root), "--run-dir", str(tmp_path / "hopeless"), "--until", "grpo",
        "--grpo.temperature", "50", "--grpo.hopeless-steps", "2", "--grpo.after-hopeless", "stop",
    )  # fmt: skip
    assert result.returncode == 1, result.stdout
    assert "warning: no completion was correct in 2 updates in a row" in result.stdout
    assert "--sft.steps" in result.stdout
    assert "grpo stopped at step 2: no completion was correct" in result.stderr
    assert result.stderr.count("\n") == 1


def test_killed_at_random_moments_it_ends_with_the_same_numbers(
    finished: tuple[Path, str], tmp_path: Path
) -> None:
    """The resolved configuration, run anew: SIGKILL at any moment changes nothing but the time."""
    root, _ = finished
    again = tmp_path / "again"
    arguments = ["--run-dir", str(again), "--config", str(root / "config.toml")]
    rng = random.Random(0)
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-m", "reasoning_train.entry", "run", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(timeout=rng.uniform(*SECONDS_TO_LIVE))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    result = command(*arguments)
    assert result.returncode == 0, result.stderr
    for name in ("base", "sft", "grpo"):
        assert evaluation(again, name) == evaluation(root, name)
    assert last_of_each_step(again) == last_of_each_step(root)
    for folder in ("samples", "rollouts"):
        tables = [pyarrow.dataset.dataset(run / folder).to_table() for run in (again, root)]
        assert tables[0].sort_by("id") == tables[1].sort_by("id")
    weights = "export/safetensors/model.safetensors"
    assert (again / weights).read_bytes() == (root / weights).read_bytes()


def test_no_held_out_problem_is_in_training_or_in_the_bases_text(
    finished: tuple[Path, str],
) -> None:
    root, _ = finished
    held_out = {p.question for p in generate_arithmetic(500, seed=0, held_out=True)}
    assert {t.question for t in read_tasks(root / "data", "eval")} <= held_out
    trained = {t.prompt for t in read_tasks(root / "data", "grpo")}
    trained |= {e.prompt for e in read_examples(root / "data")}
    assert not any(question in prompt for prompt in trained for question in held_out)
    for text, tokens in TOKENS_OF_THE_BASE:
        characters = 0  # at least one a token
        for line in text(seed=0):
            characters += len(line)
            assert line[: line.find("?") + 1] not in held_out
            if characters > tokens:
                break
