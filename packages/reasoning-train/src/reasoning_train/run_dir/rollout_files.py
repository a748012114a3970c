"""Files `rollouts/<step>.parquet` with every completion of a GRPO step and its scores.

Each file is written atomically. `pandas.read_parquet(run / "rollouts")` reads all steps.
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
"""Columns of a rollout file.

`total` is the reward used in training, including the user's reward functions. Each of these has a
further column, which is null in rows where the function gave no value. `fault` says why, and is
null in other rows. With a judge there is its score in `judge`, and in `judge_items` the value of
each item of the rubric, as JSON.
"""

TEXTS = {"judge_items": pa.string()}
"""Further columns that hold no numbers."""


def write_rollouts(folder: Path, step: int, columns: Mapping[str, Sequence[Any]]) -> Path:
    """Write the file of a step atomically.

    Args:
        folder: Folder of the rollouts, created if missing.
        step: Update of GRPO, from 1.
        columns: The columns of `SCHEMA` except `step`, and those of the user's reward functions,
            all of the same length.

    Returns:
        Path of the file.
    """
    extra = [(name, TEXTS.get(name, pa.float64())) for name in columns if name not in SCHEMA.names]
    schema = pa.schema([*SCHEMA, *(pa.field(*field) for field in extra)])
    table = pa.table({"step": [step] * len(columns["id"]), **columns}, schema=schema)
    path = folder / f"{step:06d}.parquet"
    # The name of the temporary file begins with a dot, so that readers of the folder skip it.
    with written(path) as beside:
        pq.write_table(table, beside, compression="zstd")
    return path


def read_rollouts(folder: Path, step: int, *columns: str) -> list[dict[str, Any]]:
    """Read some columns of a step's rollouts.

    Args:
        folder: Folder of the rollouts.
        step: Update of GRPO, from 1.
        columns: Names of the columns.

    Raises:
        UserError: The file is missing or damaged.
    """
    path = folder / f"{step:06d}.parquet"
    try:
        return pq.read_table(path, columns=list(columns)).to_pylist()  # type: ignore[no-any-return]
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(
            f"cannot read {str(path)!r}, whose rewards determine what GRPO draws next "
            f"({str(error).splitlines()[0]}); restore it, or start a new GRPO with --from"
        ) from error


def rollout_paths(folder: Path) -> list[Path]:
    """Return the files of all steps in order."""
    return sorted(path for path in folder.glob("*.parquet") if path.stem.isdigit())


def forget_rollouts_after(folder: Path, step: int) -> None:
    """Remove the files of later steps, which a resumed run will repeat."""
    for path in rollout_paths(folder):
        if int(path.stem) > step:
            path.unlink()
