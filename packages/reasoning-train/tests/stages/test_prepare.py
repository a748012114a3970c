import csv
import json
from pathlib import Path

import pytest

from reasoning_data import open_build, prepare_training_data, read_examples, read_tasks
from reasoning_data.rendering import get_style
from reasoning_data.sources.word_problems import generate_arithmetic
from reasoning_train.config import RunConfig, load_config
from reasoning_train.errors import UserError
from reasoning_train.models.tokenizer import Tokenizer
from reasoning_train.run_dir.directory import RunDir
from reasoning_train.run_dir.held_out import first_held_out, held_out_folders
from reasoning_train.stages.prepare import prepare

SMALL = ["--data.sft-problems", "30", "--data.grpo-problems", "40", "--data.eval-problems", "20"]


def config_of(*flags: str) -> RunConfig:
    return load_config(preset="tiny", flags=[*SMALL, *flags])


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return RunDir(tmp_path / "run")


def gsm8k(folder: Path, name: str, n: int, start: int = 0) -> str:
    path = folder / name
    rows = [
        {
            "question": f"Ann has {i} red pens and {2 * i + 3} blue pens. How many pens?",
            "answer": f"{i} + {2 * i + 3} = <<{i}+{2 * i + 3}={3 * i + 3}>>{3 * i + 3}\n"
            f"#### {3 * i + 3}",
        }
        for i in range(start, start + n)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_the_files_fit_the_token_limits(run: RunDir, tokenizer: Tokenizer, base_folder) -> None:  # type: ignore[no-untyped-def]
    config = config_of("--data.prompt-tokens", "40")
    prepare(config, base_folder / "tokenizer.model", run)
    lengths = [len(tokenizer.encode_prompt(e.prompt)) for e in read_examples(run.data)]
    assert 0 < len(lengths) < 30  # the longer ones are left out
    assert max(lengths) <= 40
    rejects = (run.data / "rejects.jsonl").read_text().splitlines()
    rows = sum(len(read_tasks(run.data, split)) for split in ("grpo", "eval"))
    assert len(lengths) + rows + len(rejects) == 90


def test_generated_problems_are_those_that_the_generator_draws_one_after_the_other(
    run: RunDir, base_folder: Path
) -> None:
    prepare(config_of("--seed", "4"), base_folder / "tokenizer.model", run)
    drawn = generate_arithmetic(70, seed=4)
    rows = [row["id"] for row in open_build(run.data).rows("sft")]
    assert rows == [p.id for p in drawn[:30]]
    assert [t.id for t in read_tasks(run.data, "grpo")] == [p.id for p in drawn[30:]]
    held_out = generate_arithmetic(20, seed=0, held_out=True)
    assert [t.id for t in read_tasks(run.data, "eval")] == [p.id for p in held_out]


def test_rows_of_ones_own_are_divided_and_what_is_held_out_is_every_seeds(
    tmp_path: Path, base_folder: Path
) -> None:
    mine = gsm8k(tmp_path, "mine.jsonl", 60)
    held_out, trained = [], []
    for seed in ("1", "2"):
        run = RunDir(tmp_path / seed)
        config = config_of("--data.sources", f"gsm8k:{mine}", "--seed", seed)
        manifest = prepare(config, base_folder / "tokenizer.model", run)
        assert sum(manifest.splits.values()) == 60
        held_out.append([t.id for t in read_tasks(run.data, "eval")])
        trained.append({t.id for t in read_tasks(run.data, "grpo")})
    assert held_out[0] == held_out[1]
    assert 5 < len(held_out[0]) < 25
    assert trained[0] != trained[1]
    assert not trained[0] & set(held_out[0])


def test_files_of_ones_own_are_on_record_as_what_they_are(
    tmp_path: Path, run: RunDir, base_folder: Path
) -> None:
    mine = gsm8k(tmp_path, "mine.jsonl", 60)
    config = config_of("--data.sources", f"gsm8k:{mine}")
    manifest = prepare(config, base_folder / "tokenizer.model", run)
    assert [(s.name, s.location, s.license, s.rows) for s in manifest.sources] == [
        ("gsm8k-mine", "mine.jsonl", "unknown", 60)
    ]
    assert len(manifest.sources[0].sha256) == 64


def test_several_sources_are_mixed_by_weight_up_to_the_numbers(
    tmp_path: Path, run: RunDir, base_folder: Path
) -> None:
    mine = gsm8k(tmp_path, "mine.jsonl", 300)
    sources = ["--data.sources", f"gsm8k:{mine}", "arithmetic,weight=0.25"]
    manifest = prepare(config_of(*sources), base_folder / "tokenizer.model", run)
    assert manifest.splits == {"sft": 30, "grpo": 40, "eval": 20}
    origins = [task.source for task in read_tasks(run.data, "grpo")]
    assert 2 <= origins.count("arithmetic") <= 16  # 8 of 40 by weight


def test_training_rows_that_repeat_any_evaluation_set_are_left_out(
    tmp_path: Path, run: RunDir, base_folder: Path
) -> None:
    mine = gsm8k(tmp_path, "mine.jsonl", 60)
    sets = [
        f"other=gsm8k:{gsm8k(tmp_path, 'other.jsonl', 9, start=500)}",
        f"own=gsm8k:{gsm8k(tmp_path, 'test.jsonl', 30, start=50)}",
    ]
    config = config_of("--data.sources", f"gsm8k:{mine}", "--data.evaluations", *sets)
    manifest = prepare(config, base_folder / "tokenizer.model", run)
    assert manifest.rejected == {"contaminated_exact": 10}
    assert sum(manifest.splits.values()) == 50
    assert manifest.splits["eval"] == 0
    folders = held_out_folders(run)
    assert list(folders) == ["other", "own"]
    assert first_held_out(run) == folders["other"]
    assert len(read_tasks(folders["other"], "eval")) == 9
    assert len(read_tasks(folders["own"], "eval")) == 20  # data.eval_problems of 30
    assert manifest.config["against"]["own"]["questions"] == 30


def test_an_evaluation_set_that_holds_all_training_rows_is_said(
    tmp_path: Path, run: RunDir, base_folder: Path
) -> None:
    mine = gsm8k(tmp_path, "mine.jsonl", 12)
    config = config_of(
        "--data.sources", f"gsm8k:{mine}", "--data.evaluations", f"same=gsm8k:{mine}"
    )
    with pytest.raises(UserError, match=r"no row remains of 12.*contaminated_exact.*'same/same:1'"):
        prepare(config, base_folder / "tokenizer.model", run)
    assert not run.data.exists()


def test_a_finished_build_is_trained_on_as_it_is(
    tmp_path: Path, run: RunDir, base_folder: Path
) -> None:
    drawn = generate_arithmetic(90, seed=0)
    rows = {"sft": drawn[:50], "grpo": drawn[50:]}
    style = get_style("bare", confidence=False)  # the tiny preset's
    made = prepare_training_data(rows, tmp_path / "made", style=style)
    flags = ["--data.build", str(tmp_path / "made"), "--data.evaluations", "own=arithmetic:limit=7"]
    manifest = prepare(config_of(*flags), base_folder / "tokenizer.model", run)
    assert manifest.sha256 == made.sha256
    assert len(read_examples(run.data)) == 50  # the numbers do not count
    assert len(read_tasks(first_held_out(run), "eval")) == 7
    assert prepare(config_of(*flags), base_folder / "tokenizer.model", run) == manifest


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--validation.problems", "50"],
            r"has \d+ rows for GRPO, .* validation\.problems 50",
        ),
        (["--data.prompt-tokens", "5"], "no row remains of 40.*prompt_too_long"),
        (["--data.completion-tokens", "9"], r"no row for SFT \(\d+ completion too long were left"),
    ],
)
def test_too_little_data_is_one_line(
    tmp_path: Path, run: RunDir, base_folder: Path, flags: list[str], message: str
) -> None:
    path = tmp_path / "mine.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["question", "answer", "rationale"])
        rows.writerows([f"What is {i} plus {i}?", 2 * i, f"{i}+{i}={2 * i}"] for i in range(40))
    config = config_of("--data.sources", str(path), *flags)
    with pytest.raises(UserError, match=message) as error:
        prepare(config, base_folder / "tokenizer.model", run)
    assert "\n" not in str(error.value)
