"""On-disk table of the problems of a build: an Arrow file that is memory-mapped.

A build of a million rows must not hold them as Python objects. They are written once, in batches,
as an Arrow stream, and every later step reads that file through `datasets`.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reasoning_data.errors import Reject
from reasoning_data.problem import Item, Problem

if TYPE_CHECKING:
    import datasets

BATCH = 1000
PROBLEM_TEXTS = ("id", "question", "answer", "rationale", "source", "license", "rubric")
PROBLEM_COLUMNS = (*PROBLEM_TEXTS, "confidence")
TEXT_COLUMNS = (*PROBLEM_TEXTS, "origin", "split")


def write_table(
    items: Iterable[Item | Reject], path: Path
) -> tuple["datasets.Dataset", list[Reject]]:
    """Write the items to `path` and map the file; the rejects among them are returned unchanged."""
    import datasets
    import pyarrow as pa

    texts = [(name, pa.large_string()) for name in TEXT_COLUMNS]
    schema = pa.schema([*texts, ("confidence", pa.float64()), ("stream", pa.int16())])
    rejects: list[Reject] = []
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, schema) as writer:
        for batch in _batches(items, rejects):
            writer.write_batch(pa.RecordBatch.from_pylist(batch, schema=schema))
    return datasets.Dataset.from_file(str(path)), rejects


def _batches(
    items: Iterable[Item | Reject], rejects: list[Reject]
) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for item in items:
        if isinstance(item, Reject):
            rejects.append(item)
            continue
        batch.append(item.as_row())
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def reopen(table: "datasets.Dataset") -> "datasets.Dataset":
    """Map the table again, which releases the memory of the pages read so far.

    The pages of a memory-mapped file stay resident as long as the mapping exists. A build drops
    them after each step, so that its memory does not grow to the size of its files.
    """
    import datasets
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    parts = [datasets.Dataset.from_file(file["filename"]) for file in table.cache_files]
    return datasets.concatenate_datasets(parts)


def problem_at(batch: Mapping[str, list[Any]], row: int) -> Problem:
    """Return the problem in one row of a batch of the table."""
    return Problem(**{name: batch[name][row] for name in PROBLEM_COLUMNS})
