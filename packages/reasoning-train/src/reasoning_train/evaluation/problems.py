"""The held-out problems of an evaluation, and one name for the whole set."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from reasoning_data import DataError, Task, read_tasks
from reasoning_train.errors import UserError


def held_out(data: Path, limit: int | None = None) -> list[Task]:
    """The problems held out by a build of `reasoning-data`.

    Args:
        data: The folder of the build, or its file `eval.parquet` or `eval.jsonl`.
        limit: Take only the first so many.

    Raises:
        UserError: There is no build, or it holds out nothing.
    """
    folder = data.parent if data.is_file() else data
    if data.is_file() and data.stem != "eval":
        raise UserError(
            f"{str(data)!r} is no held-out split; give the folder that `reasoning-data build` "
            "made, or its file eval.parquet"
        )
    try:
        tasks = read_tasks(folder, "eval")
    except DataError as error:
        raise UserError(f"{error} (make one with `reasoning-data build`)") from error
    if not tasks:
        raise UserError(f"{str(data)!r} holds out no problem")
    return tasks[:limit]


def problems_sha256(tasks: Sequence[Task]) -> str:
    """SHA-256 of ids, questions and golds, whatever their order and the prompts around them."""
    digest = hashlib.sha256()
    for row in sorted((t.id, t.question, t.gold) for t in tasks):
        digest.update(json.dumps(row, ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()
