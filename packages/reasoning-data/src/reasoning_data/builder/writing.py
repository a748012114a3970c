"""Writers for a build's files: Parquet or JSONL, in batches, with a digest of every row.

`digests.parquet` has one row per written row (file, id, digest), so that `verify` can name the row
that was changed and not only its file.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from reasoning_data.errors import Reject
from reasoning_data.manifest import FileEntry, file_entry

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = ("parquet", "jsonl")
DIGESTS = "digests.parquet"
REJECTS = "rejects.jsonl"
FLAGS = "flags.jsonl"
ROW_GROUP = 10_000

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "sft": ("id", "prompt", "completion", "source", "license", "origin"),
    "grpo": ("id", "prompt", "gold", "question", "source", "license", "origin"),
    "eval": ("id", "prompt", "gold", "question", "source", "license", "origin"),
    "messages": ("id", "messages"),
}

Record = Mapping[str, Any]


def row_digest(record: Record) -> bytes:
    """Return a 16-byte digest of all fields of a row; it does not depend on the file format."""
    text = json.dumps(dict(record), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def schema_of(name: str, more: tuple[str, ...] = ()) -> "pa.Schema":
    """Return the Arrow schema of the file `name` (without suffix), with further text columns."""
    import pyarrow as pa

    message = pa.struct([("role", pa.string()), ("content", pa.string())])
    types = {"messages": pa.list_(message)}
    return pa.schema(
        [(column, types.get(column, pa.string())) for column in (*COLUMNS[name], *more)]
    )


class DigestWriter(AbstractContextManager["DigestWriter"]):
    """Writer of `digests.parquet`."""

    def __init__(self, folder: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.path = folder / DIGESTS
        self.rows = 0
        self._schema = pa.schema(
            [("file", pa.string()), ("id", pa.string()), ("digest", pa.binary(16))]
        )
        self._writer = pq.ParquetWriter(self.path, self._schema, compression="zstd")

    def add(self, file: str, records: list[Record]) -> None:
        """Add the digests of some rows of `file`."""
        import pyarrow as pa

        rows = [{"file": file, "id": row["id"], "digest": row_digest(row)} for row in records]
        self._writer.write_table(pa.Table.from_pylist(rows, schema=self._schema))
        self.rows += len(rows)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._writer.close()

    def __enter__(self) -> Self:
        return self


def write_records(
    name: str,
    records: Iterable[Record],
    folder: Path,
    file_format: str,
    digests: DigestWriter,
    more: tuple[str, ...] = (),
) -> tuple[str, FileEntry]:
    """Write the rows of one file in batches.

    Args:
        name: `sft`, `grpo`, `eval` or `messages`.
        records: Rows with the columns of `COLUMNS[name]`.
        folder: Folder of the build.
        file_format: `parquet` or `jsonl`.
        digests: Writer that receives the digest of each row.
        more: Further text columns.

    Returns:
        File name and its manifest entry.
    """
    path = folder / f"{name}.{file_format}"
    write = _write_parquet if file_format == "parquet" else _write_jsonl
    rows = 0

    def counted() -> Iterator[list[Record]]:
        nonlocal rows
        for batch in _batched(records, ROW_GROUP):
            digests.add(path.name, batch)
            rows += len(batch)
            yield batch

    write(path, schema_of(name, more), counted())
    return path.name, file_entry(path, rows)


def write_rejects(
    streams: Iterable[Iterable[Reject]], path: Path
) -> tuple[FileEntry, Counter[str]]:
    """Write rejected or flagged rows as JSONL.

    Returns:
        Manifest entry of the file, and the number of rows by reason.
    """
    counts: Counter[str] = Counter()
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for reject in chain.from_iterable(streams):
            counts[reject.reason.value] += 1
            # ASCII, as the text of a bad row may hold what UTF-8 cannot.
            file.write(json.dumps(asdict(reject)) + "\n")
    return file_entry(path, counts.total()), counts


def _write_parquet(path: Path, schema: "pa.Schema", batches: Iterable[list[Record]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))


def _write_jsonl(path: Path, _: "pa.Schema", batches: Iterable[list[Record]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for batch in batches:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in batch)


def _batched(records: Iterable[Record], size: int) -> Iterator[list[Record]]:
    iterator = iter(records)
    while batch := list(islice(iterator, size)):
        yield batch
