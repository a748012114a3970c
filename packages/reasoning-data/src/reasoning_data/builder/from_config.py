"""Build from a configuration: open its sources and run the steps."""

from pathlib import Path

from reasoning_data.builder.build import Stream, run_build
from reasoning_data.config import BuildConfig
from reasoning_data.errors import DataError, Reject
from reasoning_data.manifest import Manifest
from reasoning_data.problem import Problem
from reasoning_data.sources.files.raw_row import MAX_ROW_BYTES
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
    against = {s.name: read_problems(s, config.max_row_bytes) for s in config.against}
    streams = [
        Stream(source.items(max_row_bytes=config.max_row_bytes), source.weight, source.entry)
        for source in config.sources
    ]
    chosen = all(source.split for source in config.sources)
    return run_build(streams, Path(into), config, against, chosen=chosen)


def read_problems(source: Source, max_row_bytes: int = MAX_ROW_BYTES) -> list[Problem]:
    """Read all problems of an evaluation set.

    A row that cannot be read is an error here: training rows that repeat it would go unnoticed.

    Raises:
        DataError: The set or one of its rows cannot be read.
    """
    problems = []
    for item in source.items(max_row_bytes=max_row_bytes):
        if isinstance(item, Reject):
            raise DataError(f"evaluation set, {item.origin}: {item.reason}: {item.detail}")
        problems.append(item.problem)
    return problems
