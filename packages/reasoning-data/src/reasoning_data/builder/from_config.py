"""Build from a configuration: open its sources and run the steps."""

import os
from collections.abc import Iterator
from pathlib import Path

from reasoning_data.builder.build import Stream, run_build
from reasoning_data.builder.options import BuildOptions
from reasoning_data.config import BuildConfig
from reasoning_data.errors import DataError, Reject
from reasoning_data.manifest import Manifest
from reasoning_data.problem import Problem
from reasoning_data.sources.source import Source


def build(config: BuildConfig, into: str | Path) -> Manifest:
    """Read the sources of a configuration and write them as training files with a manifest.

    Args:
        config: Sources and options.
        into: Folder to write. It appears only when the build is complete.

    Returns:
        The manifest, as written.

    Raises:
        DataError: A source cannot be read, an evaluation set has a bad row, the folder must not be
            replaced, or no row is left.
    """
    options = BuildOptions(
        style=config.prompt_style(),
        fractions=config.fractions,
        seed=config.seed,
        cleaning=config.cleaning,
        tokenizer=config.tokenizer,
        file_format=config.format,
        messages=config.messages,
        workers=config.workers or os.cpu_count() or 1,
        overwrite=config.overwrite,
        strict=config.strict,
        progress=config.progress,
        against={s.name: list(_problems(s, config.max_row_bytes)) for s in config.against},
    )
    streams = [
        Stream(
            source.items(max_row_bytes=config.max_row_bytes),
            weight=source.weight,
            has_rationale=source.has_rationale,
            entry=source.entry,
        )
        for source in config.sources
    ]
    chosen = all(source.split for source in config.sources)
    return run_build(streams, Path(into), options, chosen=chosen)


def _problems(source: Source, max_row_bytes: int) -> Iterator[Problem]:
    """Yield all problems of an evaluation set.

    A row that cannot be read is an error here: training rows that repeat it would go unnoticed.
    """
    for item in source.items(max_row_bytes=max_row_bytes):
        if isinstance(item, Reject):
            raise DataError(f"evaluation set, {item.origin}: {item.reason}: {item.detail}")
        yield item.problem
