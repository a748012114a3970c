import json
from pathlib import Path

import pytest
from rich.console import Console

from reasoning_data import read_examples, read_tasks
from reasoning_train.clock.budget import Clock
from reasoning_train.config import load_config
from reasoning_train.context import RunContext
from reasoning_train.evaluation.prompts import PromptFormat
from reasoning_train.models import locate_base
from reasoning_train.run_dir.directory import RunDir
from reasoning_train.stages.base_format import format_of_base
from reasoning_train.stages.prepare import prepare
from reasoning_train.stages.sft import train_sft

RECIPE = ["--sampling.completions", "4", "--own-traces.steps", "9"]
FEW = ["--data.sft-problems", "4", "--data.grpo-problems", "4", "--data.eval-problems", "4"]


def context(root: Path, shares: dict[str, float], *flags: str) -> RunContext:
    """A run whose base was measured so in these formats."""
    config = load_config(preset="tiny", flags=[*FEW, *flags])
    base = locate_base("tiny-gemma3")
    made = RunContext(config, base, RunDir(root), Clock(), Console(record=True, width=200))
    prepare(config, base.tokenizer, made.run)
    folder = made.run.evaluation / "prompts"
    folder.mkdir(parents=True, exist_ok=True)
    for name, share in shares.items():
        summary = {"n": 50, "well_formed": share, "shots": 2 if "few" in name else 0}
        (folder / f"{name}.json").write_text(json.dumps(summary))
    return made


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ({"schema": 0.9, "schema-few-shot": 1.0}, PromptFormat.SCHEMA),
        ({"schema": 0.5, "schema-few-shot": 0.8}, PromptFormat.SCHEMA_FEW_SHOT),
        ({"schema": 0.5, "schema-few-shot": 0.7, "raw": 1.0}, None),
        ({"schema": 0.79}, None),
        ({}, None),
    ],
)
def test_the_first_format_that_the_base_follows_is_taken(
    tmp_path: Path, shares: dict[str, float], expected: PromptFormat | None
) -> None:
    found = format_of_base(context(tmp_path, shares, *RECIPE))
    assert (found and found.format) == expected


@pytest.mark.parametrize("flags", [RECIPE[:2], ["--grpo.steps", "9"]])
def test_without_training_on_samples_demonstrations_are_needed(
    tmp_path: Path, flags: list[str]
) -> None:
    assert format_of_base(context(tmp_path, {"schema": 1.0}, *flags)) is None


def test_sft_is_left_out_and_says_why(tmp_path: Path) -> None:
    made = context(tmp_path, {"schema": 0.84}, *RECIPE)
    assert train_sft(made) == 0
    assert not made.run.checkpoints.exists()
    shown = made.console.export_text()
    assert "the base keeps to the schema in 84.0% of 50 answers: SFT on demonstrations" in shown


def test_the_base_is_asked_after_examples_where_it_needs_them(tmp_path: Path) -> None:
    made = context(tmp_path, {"schema": 0.1, "schema-few-shot": 0.9}, *RECIPE)
    found = format_of_base(made)
    assert found is not None
    tasks = read_tasks(made.run.data, "grpo")
    [prompt] = found.prompts(made, tasks[:1])
    turns = [e.prompt + e.completion for e in read_examples(made.run.data)]
    assert sum(turn in prompt for turn in turns) == 2
    assert prompt.endswith(tasks[0].prompt)
