"""The base model of a run that is there already, from whatever directory it is asked for."""

from pathlib import Path
from typing import Any

from reasoning_train.durable import read_json
from reasoning_train.errors import UserError
from reasoning_train.models.registry import BaseModelFiles


def weights_of_run(manifest: Path, weights: str) -> str:
    """What `model.weights` of a run means: a relative path is one of where the run was begun.

    The manifest has the folder that it was then, as an absolute path; a name of the hub's without a
    commit is that snapshot too, not today's.

    Args:
        manifest: The run's `manifest.json`, which need not be there yet.
        weights: `model.weights`.
    """
    if not weights or Path(weights).expanduser().is_absolute():
        return weights
    base = read_json(manifest, _base)
    if base is None or not (Path(base["path"]) / "config.json").is_file():
        return weights
    return str(base["path"])


def check_same_base(manifest: Path, base: BaseModelFiles) -> None:
    """Refuse a base whose files are not those that a run was trained on.

    Args:
        manifest: The run's `manifest.json`, which need not be there yet.
        base: What would be loaded.

    Raises:
        UserError: They differ.
    """
    trained_on = read_json(manifest, _base)
    if trained_on is not None and trained_on["sha256"] != base.sha256:
        raise UserError(
            f"the files of {base.name!r} in {str(base.folder)!r} are not those that "
            f"{str(manifest.parent)!r} was trained on; its checkpoints do not fit them"
        )


def _base(values: dict[str, Any]) -> dict[str, Any]:
    base: dict[str, Any] = values["base_model"]
    dict(base["sha256"]), str(base.get("path", ""))
    return {"path": "", **base}
