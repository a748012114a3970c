"""`rollouts/<step>.parquet`: every completion of a GRPO step with its scores.

One file a step, which appears whole; `pandas.read_parquet(run / "rollouts")` reads them all.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from reasoning_train.durable import written
from reasoning_train.errors import UserError

SCHEMA = pa.schema(
    [
        ("step", pa.int32()),
        ("id", pa.string()),
        ("prompt", pa.string()),
        ("completion", pa.string()),
        ("gold", pa.string()),
        ("prompt_tokens", pa.int32()),
        ("tokens", pa.int32()),
        ("finished", pa.bool_()),
        ("total", pa.float64()),
        ("correctness", pa.float64()),
        ("structure", pa.float64()),
        ("confidence", pa.float64()),
        ("stated_confidence", pa.float64()),
        ("status", pa.string()),
        ("fault", pa.string()),
    ]
)
"""`total` is what training got, functions of the user's included; each of those has a column of its
own after these, empty in rows where it has no value. `fault` says why, and is empty elsewhere."""


def write_rollouts(folder: Path, step: int, columns: Mapping[str, Sequence[Any]]) -> Path:
    """Write the file of a step, beside its place and moved there.

    Args:
        folder: Made if it is missing.
        step: Update of training, from 1.
        columns: Those of `SCHEMA` but `step`, and floats of functions by name; all of one length.
    """
    extra = [(name, pa.float64()) for name in columns if name not in SCHEMA.names]
    schema = pa.schema([*SCHEMA, *(pa.field(*field) for field in extra)])
    table = pa.table({"step": [step] * len(columns["id"]), **columns}, schema=schema)
    path = folder / f"{step:06d}.parquet"
    # Readers of a whole folder pass over names that begin with a dot, as the unfinished one does.
    with written(path) as beside:
        pq.write_table(table, beside, compression="zstd")
    return path


def read_rollouts(folder: Path, step: int, *columns: str) -> list[dict[str, Any]]:
    """Rows of one step, with these columns only.

    Raises:
        UserError: The file is missing or damaged.
    """
    path = folder / f"{step:06d}.parquet"
    try:
        return pq.read_table(path, columns=list(columns)).to_pylist()  # type: ignore[no-any-return]
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(
            f"cannot read {str(path)!r}, whose rewards decide what GRPO draws next: put it back, "
            f"or begin GRPO again with --from ({str(error).splitlines()[0]})"
        ) from error


def rollout_paths(folder: Path) -> list[Path]:
    """The files of all steps, in order."""
    return sorted(path for path in folder.glob("*.parquet") if path.stem.isdigit())


def forget_rollouts_after(folder: Path, step: int) -> None:
    """Remove the files of later steps: an interrupted run makes those again."""
    for path in rollout_paths(folder):
        if int(path.stem) > step:
            path.unlink()
