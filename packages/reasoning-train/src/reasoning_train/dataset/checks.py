"""Checks of a run's data before anything is loaded."""

from pathlib import Path

from reasoning_data import DataError, Source
from reasoning_data.errors import Reject
from reasoning_data.problem import Item
from reasoning_data.sources.files.raw_row import MAX_ROW_BYTES
from reasoning_data.splitting import Split
from reasoning_train.config import RunConfig
from reasoning_train.dataset.finished import check_tokens, open_finished
from reasoning_train.dataset.sources import evaluation_sources, training_sources
from reasoning_train.errors import UserError


def check_data(config: RunConfig, tokenizer: Path | None = None) -> None:
    """Check the build, or that every local source and evaluation set has a usable row.

    What the hub holds is first known when it is read.

    Args:
        config: The configuration of the run.
        tokenizer: The base model's, if it is at hand: the lengths of a build are checked with it.

    Raises:
        UserError: The first thing that is wrong.
    """
    data = config.data
    for name, source in evaluation_sources(data).items():
        _first_usable(source, f"data.evaluations {name}")
    if data.build:
        build = open_finished(data, remote=False)
        if tokenizer is not None:
            check_tokens(build, data, tokenizer)
        return
    sources = training_sources(config)
    for source in sources:
        _first_usable(source, f"data.sources {source.name}")
    if not any(_teaches(source) for source in sources):
        raise UserError(
            "data.sources: no row has a worked solution, which SFT learns from: name its field "
            "with rationale=FIELD, or add a source that has some, such as "
            "--data.sources arithmetic:split=sft,limit=500"
        )


def _first_usable(source: Source, setting: str) -> None:
    """Raise if a local source has no row that becomes a problem."""
    if source.is_hub:
        return
    first: Reject | None = None
    try:
        for item in source.items(max_row_bytes=MAX_ROW_BYTES):
            if isinstance(item, Item):
                return
            first = first or item
    except DataError as error:
        raise UserError(f"{setting}: {error}") from error
    why = f"the first, {first.origin}: {first.reason}: {first.detail}" if first else "it is empty"
    raise UserError(f"{setting}: no row can be used; {why}")


def _teaches(source: Source) -> bool:
    """Whether a source has a worked solution for SFT, as far as that is known."""
    if source.split not in ("", Split.SFT):
        return False
    if source.is_hub:
        return True
    rows = source.items(max_row_bytes=MAX_ROW_BYTES)
    return any(isinstance(row, Item) and row.problem.rationale.strip() for row in rows)
