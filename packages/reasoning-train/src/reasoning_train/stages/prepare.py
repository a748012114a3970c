"""Data stage: problems from their source, split and rendered into `run/data`."""

import random
from pathlib import Path

from reasoning_data import (
    Cleaning,
    DataError,
    Manifest,
    Problem,
    generate_arithmetic,
    load_gsm8k,
    prepare_training_data,
    read_manifest,
)
from reasoning_data.manifest import SourceEntry
from reasoning_data.rendering import get_style
from reasoning_data.sources.location import gsm8k_entry
from reasoning_train.config import RunConfig
from reasoning_train.config.schema import DataSection
from reasoning_train.errors import UserError

HELD_OUT_SEED = 0
"""Runs of different seeds are evaluated on the same problems."""

REMEDY = "lower data.sft_problems, data.grpo_problems, validation.problems or data.eval_problems"


def load_problems(data: DataSection, seed: int, validation: int = 0) -> dict[str, list[Problem]]:
    """Problems for `sft`, `grpo` and `eval`; no problem is in two of them.

    The last `validation` of `grpo` come on top, to validate on.

    Raises:
        UserError: If a file is missing, unreadable or too small.
    """
    if data.source == "arithmetic":
        wanted = data.sft_problems + data.grpo_problems + validation
        try:
            drawn = generate_arithmetic(wanted, seed=seed, steps=data.problem_steps)
            held_out = generate_arithmetic(
                data.eval_problems, seed=HELD_OUT_SEED, held_out=True, steps=data.problem_steps
            )
        except ValueError as error:
            raise UserError(f"{error}: {REMEDY}") from error
        return {
            "sft": drawn[: data.sft_problems],
            "grpo": drawn[data.sft_problems :],
            "eval": held_out,
        }
    if not data.train or not data.test:
        raise UserError(
            "data.source 'gsm8k' needs files: --data.train TRAIN.jsonl --data.test TEST.jsonl"
        )
    train = _shuffled(load_gsm8k(data.train), seed)
    test = _shuffled(load_gsm8k(data.test, split="test"), HELD_OUT_SEED)
    cut = data.sft_problems + data.grpo_problems + validation
    _enough(train, cut, data.train)
    _enough(test, data.eval_problems, data.test)
    return {
        "sft": train[: data.sft_problems],
        "grpo": train[data.sft_problems : cut],
        "eval": test[: data.eval_problems],
    }


def prepare(config: RunConfig, tokenizer: Path, output: Path) -> Manifest:
    """Build the run's training files, or read the manifest of those that are there.

    Raises:
        UserError: If the problems cannot be had or none is short enough.
    """
    if (output / "manifest.json").is_file():
        return read_manifest(output)
    data = config.data
    generated = data.source == "arithmetic"
    try:
        problems = load_problems(data, config.seed, config.validation.problems)
        return prepare_training_data(
            problems,
            output,
            style=get_style(data.style, data.confidence),
            seed=config.seed,
            tokenizer=str(tokenizer),
            cleaning=Cleaning(
                max_prompt_tokens=data.prompt_tokens,
                max_completion_tokens=data.completion_tokens,
                # Generated problems differ by construction; searching them finds their templates.
                near_threshold=0.0 if generated else Cleaning().near_threshold,
                ngram=0 if generated else Cleaning().ngram,
            ),
            messages=False,
            sources=() if generated else _entries(data, problems),
        )
    except DataError as error:
        raise UserError(str(error)) from error


def _entries(data: DataSection, problems: dict[str, list[Problem]]) -> list[SourceEntry]:
    """Where the problems come from, with the digests of files."""
    held_out = len(problems["eval"])
    taken = sum(map(len, problems.values())) - held_out
    return [
        gsm8k_entry(data.train, rows=taken),
        gsm8k_entry(data.test, split="test", rows=held_out),
    ]


def _shuffled(problems: list[Problem], seed: int) -> list[Problem]:
    return random.Random(f"order:{seed}").sample(problems, len(problems))


def _enough(problems: list[Problem], wanted: int, source: str) -> None:
    if len(problems) < wanted:
        raise UserError(f"{source!r} has {len(problems)} problems, {wanted} are wanted: {REMEDY}")
