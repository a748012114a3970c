import json
from pathlib import Path

import pytest

from reasoning_data import read_examples, read_tasks
from reasoning_train.config import RunConfig, load_config
from reasoning_train.errors import UserError
from reasoning_train.models.tokenizer import Tokenizer
from reasoning_train.stages.prepare import load_problems, prepare

SMALL = ["--data.sft-problems", "30", "--data.grpo-problems", "40", "--data.eval-problems", "20"]


def gsm8k(folder: Path, name: str, n: int) -> str:
    path = folder / name
    rows = [
        {
            "question": f"Ann has {i} red pens and {2 * i + 3} blue pens ({name}). How many pens?",
            "answer": f"{i} + {2 * i + 3} = <<{i}+{2 * i + 3}={3 * i + 3}>>{3 * i + 3}\n"
            f"#### {3 * i + 3}",
        }
        for i in range(n)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_no_problem_is_in_two_splits() -> None:
    problems = load_problems(load_config(preset="tiny", flags=SMALL).data, seed=0)
    assert {name: len(rows) for name, rows in problems.items()} == {
        "sft": 30,
        "grpo": 40,
        "eval": 20,
    }
    questions = [p.question for rows in problems.values() for p in rows]
    assert len(set(questions)) == len(questions)


def test_easy_problems_have_one_step_and_there_are_only_so_many() -> None:
    easy = load_config(preset="tiny", flags=[*SMALL, "--data.problem-steps", "1"]).data
    assert {p.rationale.count("=") for p in load_problems(easy, seed=0)["sft"]} == {1}
    with pytest.raises(UserError, match=r"between 0 and 800 .*: lower data\.sft_problems"):
        load_problems(easy, seed=0, validation=800)


def test_seeds_share_the_held_out_problems_only() -> None:
    data = load_config(preset="tiny", flags=SMALL).data
    one, two = load_problems(data, seed=1), load_problems(data, seed=2)
    assert one["eval"] == two["eval"]
    assert one["sft"] != two["sft"]


def test_the_files_fit_the_token_limits(tmp_path: Path, tokenizer: Tokenizer, base_folder) -> None:  # type: ignore[no-untyped-def]
    config = load_config(preset="tiny", flags=[*SMALL, "--data.prompt-tokens", "40"])
    prepare(config, base_folder / "tokenizer.model", tmp_path / "data")
    lengths = [len(tokenizer.encode_prompt(e.prompt)) for e in read_examples(tmp_path / "data")]
    assert 0 < len(lengths) < 30  # the longer ones are left out
    assert max(lengths) <= 40
    rejects = (tmp_path / "data" / "rejects.jsonl").read_text().splitlines()
    assert (
        len(lengths)
        + len(read_tasks(tmp_path / "data", "grpo"))
        + len(read_tasks(tmp_path / "data", "eval"))
        + len(rejects)
        == 90
    )


def config_for(train: str, test: str, *flags: str) -> RunConfig:
    return load_config(
        flags=["--data.source", "gsm8k", "--data.train", train, "--data.test", test, *SMALL, *flags]
    )


def test_gsm8k_from_files(tmp_path: Path) -> None:
    train, test = gsm8k(tmp_path, "train.jsonl", 80), gsm8k(tmp_path, "test.jsonl", 25)
    problems = load_problems(config_for(train, test).data, seed=0)
    assert {p.question for p in problems["sft"]}.isdisjoint(p.question for p in problems["grpo"])
    assert all("(test.jsonl)" in p.question for p in problems["eval"])
    assert "<<" not in problems["sft"][0].rationale


def test_gsm8k_is_split_by_the_seed_and_held_out_by_none(tmp_path: Path) -> None:
    train, test = gsm8k(tmp_path, "train.jsonl", 80), gsm8k(tmp_path, "test.jsonl", 25)
    data = config_for(train, test).data
    one, again, two = (load_problems(data, seed) for seed in (1, 1, 2))
    assert one == again
    assert one["eval"] == two["eval"]
    assert {p.id for p in one["sft"]} != {p.id for p in two["sft"]}
    assert {p.id for p in one["grpo"]} != {p.id for p in two["grpo"]}


def test_files_of_ones_own_are_on_record_as_what_they_are(
    tmp_path: Path, base_folder: Path
) -> None:
    train, test = gsm8k(tmp_path, "mine.jsonl", 80), gsm8k(tmp_path, "test.jsonl", 25)
    config = config_for(train, test)
    manifest = prepare(config, base_folder / "tokenizer.model", tmp_path / "data")
    assert [(s.name, s.location, s.license) for s in manifest.sources] == [
        ("mine", "mine.jsonl", "unknown"),
        ("test", "test.jsonl", "unknown"),
    ]
    assert all(len(source.sha256) == 64 for source in manifest.sources)
    assert set(manifest.licenses) == {"unknown"}


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        ("", "", "needs files"),
        ("nowhere.jsonl", "nowhere.jsonl", r"nowhere\.jsonl"),
    ],
)
def test_missing_files_are_the_users(
    tmp_path: Path, base_folder: Path, train: str, test: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        prepare(config_for(train, test), base_folder / "tokenizer.model", tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_empty_and_small_files_are_the_users(tmp_path: Path, base_folder: Path) -> None:
    test = gsm8k(tmp_path, "test.jsonl", 25)
    (tmp_path / "empty.jsonl").write_text("")
    for train in (str(tmp_path / "empty.jsonl"), gsm8k(tmp_path, "few.jsonl", 5)):
        with pytest.raises(UserError) as error:
            prepare(config_for(train, test), base_folder / "tokenizer.model", tmp_path / "data")
        assert "\n" not in str(error.value)
        assert not (tmp_path / "data").exists()
