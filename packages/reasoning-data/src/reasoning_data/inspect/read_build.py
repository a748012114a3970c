"""Read the rows of a finished build."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reasoning_data.builder.writing import FORMATS
from reasoning_data.errors import DataError
from reasoning_data.manifest import read_manifest
from reasoning_data.problem import Example, Task
from reasoning_data.splitting import Split


def iter_records(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of one Parquet or JSONL file of a build."""
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=1000):
                yield from batch.to_pylist()
    else:
        with path.open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)


def split_path(folder: str | Path, name: str) -> Path:
    """Return the file of a split (or of `messages`) in a build.

    Raises:
        DataError: The folder is not a build, or the build has no such file.
    """
    files = read_manifest(folder).files
    for suffix in FORMATS:
        if f"{name}.{suffix}" in files:
            path = Path(folder) / f"{name}.{suffix}"
            if path.is_file():
                return path
            raise DataError(f"{path.name} is missing from {str(folder)!r}; build again")
    raise DataError(f"the build in {str(folder)!r} has no {name!r}; it has {', '.join(files)}")


def read_examples(folder: str | Path) -> list[Example]:
    """Read the `sft` split as prompts and completions, in the order of the file.

    Raises:
        DataError: The folder is not a build.
    """
    rows = iter_records(split_path(folder, Split.SFT))
    return [Example(row["prompt"], row["completion"]) for row in rows]


def read_tasks(folder: str | Path, split: str) -> list[Task]:
    """Read the `grpo` or `eval` split as prompts and golds, in the order of the file.

    Raises:
        DataError: The folder is not a build, or `split` is neither of the two.
    """
    if split not in (Split.GRPO, Split.EVAL):
        raise DataError(f"tasks are in the splits 'grpo' and 'eval', not in {split!r}")
    return [
        Task(row["id"], row["prompt"], row["gold"], row["question"], row["source"])
        for row in iter_records(split_path(folder, split))
    ]
