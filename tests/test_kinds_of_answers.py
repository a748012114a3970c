"""A run on four kinds of rows, with a held-out set of each: letters, yes or no, words, numbers."""

import csv
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.dataset
import pytest

from reasoning_data import open_build, read_tasks, verify
from reasoning_train.evaluation.prediction import read_predictions

NAMES = ("Tom", "Mia", "Sam", "Lea", "Ben", "Zoe")
THINGS = ("apples", "pens", "books", "cards", "coins", "shells", "eggs", "stamps")


def choices(rng: random.Random) -> Iterator[dict[str, Any]]:
    while True:
        numbers = rng.sample(range(10, 100), 3)
        most = max(numbers)
        yield {
            "question": "Which number is the largest?",
            "choices": list(map(str, numbers)),
            "answer": numbers.index(most),
            "explanation": f"The largest is {most}.",
        }


def verdicts(rng: random.Random) -> Iterator[dict[str, Any]]:
    while True:
        a, b = rng.sample(range(10, 100), 2)
        text = f"{a} is {'more' if a > b else 'less'} than {b}."
        yield {"question": f"Is {a} more than {b}?", "answer": a > b, "facts": [text]}


def words(rng: random.Random) -> Iterator[dict[str, Any]]:
    while True:
        name, (first, second) = rng.choice(NAMES), rng.sample(THINGS, 2)
        a, b = rng.sample(range(10, 100), 2)
        more = first if a > b else second
        yield {
            "story": f"{name} has {a} {first} and {b} {second}. Which are more?",
            "word": more,
            "why": f"{name} has {max(a, b)} {more}.",
        }


def write(path: Path, rows: Iterator[dict[str, Any]], count: int) -> Path:
    """Write rows with different questions, as JSONL or CSV."""
    found: dict[str, dict[str, Any]] = {}
    while len(found) < count:
        row = next(rows)
        found[json.dumps(row)] = row
    with path.open("w", newline="") as file:
        if path.suffix == ".jsonl":
            file.writelines(json.dumps(row) + "\n" for row in found.values())
        else:
            table = csv.DictWriter(file, list(next(iter(found.values()))))
            table.writeheader()
            table.writerows(found.values())
    return path


def reasoning_train(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reasoning_train.entry", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A finished run on four kinds of rows, evaluated on a set of each, and what it said."""
    folder = tmp_path_factory.mktemp("kinds")
    kinds: dict[str, tuple[Callable[[random.Random], Iterator[dict[str, Any]]], str]] = {
        "letters": (choices, "choice:{}/letters.jsonl"),
        "yes-no": (verdicts, "strategyqa:{}/yes-no.jsonl"),
        "words": (words, "rows:{}/words.csv,question=story,answer=word,rationale=why"),
    }
    for place, (name, (rows, source)) in enumerate(kinds.items()):
        for side, count in (("train", 60), ("test", 12)):
            (folder / side).mkdir(exist_ok=True)
            suffix = ".csv" if ".csv" in source else ".jsonl"
            # The sides draw from numbers of their own, so hardly any row is on both.
            write(folder / side / f"{name}{suffix}", rows(random.Random(f"{side}{place}")), count)
    sources = [source.format(folder / "train") for _, source in kinds.values()]
    sets = [f"{name}={source.format(folder / 'test')}" for name, (_, source) in kinds.items()]
    done = reasoning_train(
        *("run", "--run-dir", str(folder / "run")),
        *("--data.sources", *sources, "arithmetic:steps=1,limit=60"),
        *("--data.evaluations", *sets, "numbers=arithmetic:steps=1,limit=12"),
        *("--data.prompt-tokens", "96", "--data.completion-tokens", "64"),
        *("--sft.steps", "6", "--sft.warmup-steps", "1", "--sft.batch-size", "16"),
        *("--grpo.steps", "2", "--grpo.warmup-steps", "0", "--grpo.batch-size", "8"),
        *("--grpo.num-generations", "2", "--evaluation.batch-size", "12"),
    )
    assert done.returncode == 0, done.stderr
    return folder / "run", done.stdout


def test_rows_of_every_kind_are_trained_on(finished: tuple[Path, str]) -> None:
    root, said = finished
    assert verify(root / "data") == []
    build = open_build(root / "data")
    sources = {row["source"] for name in ("sft", "grpo") for row in build.rows(name)}
    assert sources == {"choice-letters", "strategyqa", "words", "arithmetic"}
    golds = {task.gold for task in read_tasks(root / "data", "grpo")}
    assert golds & {"A", "B", "C"}
    assert golds & {"yes", "no"}
    assert golds & set(THINGS)
    rollouts = pyarrow.dataset.dataset(root / "rollouts").to_table()
    assert rollouts.num_rows == 2 * 16
    assert set(rollouts["correctness"].to_pylist()) <= {0.0, 1.0}
    assert "12 letters, 12 yes-no, 12 words, 12 numbers held out" in said


@pytest.mark.parametrize("name", ["letters", "yes-no", "words", "numbers"])
def test_every_held_out_set_is_evaluated_at_every_stage(
    finished: tuple[Path, str], name: str
) -> None:
    root, said = finished
    folder = root / "evaluation" if name == "letters" else root / "evaluation" / "sets" / name
    for stage in ("base", "sft", "grpo"):
        summary = json.loads((folder / f"{stage}.json").read_text())
        assert (summary["n"], summary["held_out"]) == (12, name)
        asked = [task.id for task in read_tasks(root / "held_out" / name, "eval")]
        assert [p.id for p in read_predictions(folder / f"{stage}.predictions.jsonl")] == asked
    assert f"12 held-out problems of {name}" in said
    card = (root / "evaluation" / "summary.md").read_text()
    assert f"the held-out set {name}" in card
    assert name == "letters" or f"### Held-out set {name}" in card
    page = (root / "report.html").read_text()
    assert name == "letters" or f"Held-out set {name}</h2>" in page


def test_verdicts_and_best_prompt_are_on_the_first_set(finished: tuple[Path, str]) -> None:
    root, _ = finished
    assert "best_prompt" in json.loads((root / "evaluation" / "base.json").read_text())
    other = root / "evaluation" / "sets" / "words"
    assert "best_prompt" not in json.loads((other / "base.json").read_text())
    assert not list(other.glob("base-*.json"))


def test_a_set_can_be_evaluated_further(finished: tuple[Path, str]) -> None:
    root, _ = finished
    asked = ("evaluate", str(root), "--stage", "sft", "--set")
    done = reasoning_train(*asked, "words", "--json")
    assert done.returncode == 0, done.stderr
    assert "evaluated before" in done.stderr
    assert json.loads(done.stdout)["held_out"] == "words"
    refused = reasoning_train(*asked, "sums")
    assert refused.returncode == 2
    known = "it has letters, yes-no, words, numbers"
    assert refused.stderr == f"reasoning-train: the run has no held-out set 'sums'; {known}\n"
