from pathlib import Path

import pytest
from rich.console import Console

from reasoning_data import Task
from reasoning_rewards import CompositeReward
from reasoning_train.clock.budget import Clock
from reasoning_train.config import dump_toml, load_config
from reasoning_train.console.summary import (
    compare,
    padding_line,
    plan_line,
    print_summary,
    time_lines,
)
from reasoning_train.durable import write_json
from reasoning_train.evaluation.figures import summarise
from reasoning_train.evaluation.prediction import predict, write_predictions
from reasoning_train.run_dir.directory import RunDir, State
from reasoning_train.run_dir.metrics import MetricsLog


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    """Make a run with 1 of 8 problems solved after SFT, and 7 after GRPO."""
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
        "GRPO − SFT: +75.0 points, 95 % CI 18.2 to 92.9, n = 8, seed 5, p = 0.031 (McNemar)" in text
    )
    table = text[: text.index("GRPO helped")].splitlines()
    assert len(table) >= 5
    assert all(len(line) <= 80 for line in table)


def test_the_plan_of_nine_hours() -> None:
    assert plan_line(9 * 3600) == (
        "budget 9:00:00: set-up until 0:30:00, SFT until 3:00:00, GRPO until 7:30:00, "
        "then evaluation and export"
    )


def test_plan_beside_actual(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    run.config.write_text(dump_toml(load_config(preset="tiny", flags=["--budget", "9m"])))
    run.write_state(State(elapsed_s=400.0, ended_s={"data": 1.0, "sft": 170.0, "grpo": 390.4}))
    assert time_lines(run) == [
        "SFT ended at 0:02:50 of 0:03:00",
        "GRPO ended at 0:06:30 of 0:07:30",
        "used 0:06:40 of 0:09:00",
    ]


def test_without_a_budget_there_is_no_plan(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    run.config.write_text(dump_toml(load_config(preset="tiny")))
    assert time_lines(run) == []


def test_the_share_of_padding(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    assert padding_line(run) is None
    log = MetricsLog(run.metrics, "sft", Clock())
    for step, padding in ((1, 0.25), (2, 0.75), (2, 0.35)):
        log.write(step, {"padding": padding})
    MetricsLog(run.metrics, "grpo", Clock()).write(1, {"padding": 0.5})
    assert padding_line(run) == ("padding   SFT 30.0 %, GRPO 50.0 % of all tokens computed")
