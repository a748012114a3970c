"""Data stage: the run's sources, or a finished build, and what is held out → training files."""

from pathlib import Path

from reasoning_data import DataError, Manifest, build, read_manifest
from reasoning_train.config import RunConfig
from reasoning_train.dataset.finished import check_tokens, open_finished, take_over
from reasoning_train.dataset.sources import (
    evaluation_build,
    evaluation_sources,
    training_build,
)
from reasoning_train.errors import UserError
from reasoning_train.run_dir.directory import RunDir
from reasoning_train.run_dir.held_out import keep_names


def prepare(config: RunConfig, tokenizer: Path, run: RunDir) -> Manifest:
    """Make the run's training files, or read the manifest of those that are there.

    The evaluation sets come first: once the manifest is there, so is everything else.

    Raises:
        UserError: The data cannot be had, or too little of it can be used.
    """
    if (run.data / "manifest.json").is_file():
        return read_manifest(run.data)
    try:
        _prepare_evaluations(config, tokenizer, run)
        if config.data.build:
            opened = open_finished(config.data)
            check_tokens(opened, config.data, tokenizer)
            manifest = take_over(opened, run.data)
        else:
            manifest = build(training_build(config, tokenizer), run.data)
    except DataError as error:
        raise UserError(str(error)) from error
    _check_rows(config, manifest)
    return manifest


def _prepare_evaluations(config: RunConfig, tokenizer: Path, run: RunDir) -> None:
    sources = evaluation_sources(config.data)
    for name, source in sources.items():
        folder = run.held_out / name
        if (folder / "manifest.json").is_file():
            continue
        try:
            build(evaluation_build(config, source, tokenizer), folder)
        except DataError as error:
            raise UserError(f"data.evaluations {name}: {error}") from error
    if sources:
        keep_names(run, list(sources))


def _check_rows(config: RunConfig, manifest: Manifest) -> None:
    """Refuse data that a stage cannot begin with."""
    rows = manifest.splits
    kept = config.validation.problems
    left_out = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in manifest.rejected.items())
    why = f" ({left_out} were left out; see rejects.jsonl)" if left_out else ""
    if not rows["sft"]:
        raise UserError(f"the data has no row for SFT{why}")
    if rows["grpo"] <= kept:
        raise UserError(
            f"the data has {rows['grpo']} rows for GRPO{why}, of which validation.problems {kept} "
            "leaves none: add data, or lower validation.problems"
        )
    if not (rows["eval"] or config.data.evaluations):
        raise UserError(
            f"the data holds out no row{why}: add data, or name a set with "
            "--data.evaluations NAME=SOURCE"
        )
