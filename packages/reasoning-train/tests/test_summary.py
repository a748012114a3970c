from pathlib import Path

import pytest
from rich.console import Console

from reasoning_data import Task
from reasoning_rewards import CompositeReward
from reasoning_train.evaluation.figures import summarise
from reasoning_train.evaluation.prediction import predict, write_predictions
from reasoning_train.run_dir import RunDir, write_json
from reasoning_train.summary import compare, print_summary


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    """A run whose SFT evaluation has 1 right of 8, and GRPO's 7."""
    found = RunDir(tmp_path)
    for name, right in (("sft", 1), ("grpo", 7)):
        predictions = [
            predict(
                Task(f"p:{number}", "prompt", "14", "question", "test"),
                f"<reasoning>so.</reasoning><answer>{14 if number < right else 3}</answer>",
                CompositeReward(),
                finished=True,
            )
            for number in range(8)
        ]
        write_predictions(found.evaluation / f"{name}.predictions.jsonl", predictions)
        write_json(found.evaluation / f"{name}.json", summarise(predictions, model="m", seed=5))
    return found


def test_two_evaluations_of_a_run_are_compared(run: RunDir) -> None:
    difference = compare(run, "sft", "grpo")
    assert (difference.gained, difference.lost, difference.difference) == (6, 0, 0.75)


def test_the_table_fits_an_unwidened_terminal(run: RunDir) -> None:
    console = Console(width=80, record=True, file=(run.root / "shown").open("w"))
    print_summary(run, console)
    text = console.export_text()
    assert "8 held-out problems, greedy, 95 % intervals, seed 5" in text
    assert (
        "GRPO − SFT: +75.0 points, 95 % CI 36.3 to 100.0, n = 8, seed 5, p = 0.031 (McNemar)"
        in text
    )
    table = text[: text.index("GRPO −")].splitlines()
    assert len(table) >= 5
    assert all(len(line) <= 80 for line in table)
