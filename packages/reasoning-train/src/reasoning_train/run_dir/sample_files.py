"""Files `samples/<batch>.parquet` and `pass_rates.parquet` of the sampling stage.

Each file is written atomically. `pandas.read_parquet(run / "samples")` reads all batches.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from reasoning_train.durable import written
from reasoning_train.run_dir.rollout_files import SCHEMA as ROLLOUT_SCHEMA

SCHEMA = pa.schema(
    [
        ("batch", pa.int32()),
        ("draw", pa.int32()),
        *(field for field in ROLLOUT_SCHEMA if field.name != "step"),
        ("correct", pa.bool_()),
    ]
)
"""Columns of a sample file: those of `rollouts/` with the number of the batch, from 1, instead of
the step, the number of the draw for its problem, from 0, and whether the answer is correct."""

PASS_RATES = pa.schema(
    [("id", pa.string()), ("draws", pa.int32()), ("right", pa.int32()), ("pass_rate", pa.float64())]
)
"""Columns of the pass rates; `pass_rate` is smoothed, (right + 1) / (draws + 2)."""


OWN_TRACES = pa.schema(
    [
        ("id", pa.string()),
        ("completion", pa.string()),
        ("right", pa.bool_()),
        ("tokens", pa.int32()),
        ("pass_rate", pa.float64()),
    ]
)
"""Columns of the policy's own samples used for SFT; of wrong ones, only the confidence line is."""


def sample_path(folder: Path, batch: int) -> Path:
    """Return the path of a batch's file; batches count from 1."""
    return folder / f"{batch:06d}.parquet"


def write_samples(folder: Path, batch: int, columns: Mapping[str, Sequence[Any]]) -> None:
    """Write the file of a batch atomically.

    Args:
        folder: Folder of the samples, created if missing.
        batch: Number of the batch, from 1.
        columns: The columns of `SCHEMA` except `batch`, all of the same length; others are ignored.
    """
    kept = {name: columns[name] for name in SCHEMA.names if name != "batch"}
    table = pa.table({"batch": [batch] * len(columns["id"]), **kept}, schema=SCHEMA)
    with written(sample_path(folder, batch)) as beside:
        pq.write_table(table, beside, compression="zstd")


def read_samples(folder: Path) -> list[dict[str, Any]]:
    """Return all samples, in order of batch and row."""
    paths = sorted(path for path in folder.glob("*.parquet") if path.stem.isdigit())
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def write_pass_rates(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the pass rates atomically; each row has the columns of `PASS_RATES`."""
    _write(path, rows, PASS_RATES)


def write_own_traces(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the own samples for SFT atomically; each row has the columns of `OWN_TRACES`."""
    _write(path, rows, OWN_TRACES)


def _write(path: Path, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> None:
    with written(path) as beside:
        pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), beside)
