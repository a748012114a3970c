"""Base model of an existing run, found whatever the current directory is."""

from pathlib import Path
from typing import Any

from reasoning_train.durable import read_json
from reasoning_train.errors import UserError
from reasoning_train.models.registry import BaseModelFiles


def weights_of_run(manifest: Path, weights: str) -> str:
    """Resolve `model.weights` to the folder that the run has been using.

    The manifest records that folder as an absolute path. So a relative path still refers to the
    directory in which the run began, and a hub id without a commit to the snapshot of that time.

    Args:
        manifest: The run's `manifest.json`, which may not exist yet.
        weights: Value of `model.weights`.

    Returns:
        The recorded folder if there is one and `weights` is not an absolute path, else `weights`.
    """
    if not weights or Path(weights).expanduser().is_absolute():
        return weights
    base = read_json(manifest, _base)
    if base is None or not (Path(base["path"]) / "config.json").is_file():
        return weights
    return str(base["path"])


def check_same_base(manifest: Path, base: BaseModelFiles) -> None:
    """Check that a base has the same files as the one a run was trained on.

    Args:
        manifest: The run's `manifest.json`, which may not exist yet.
        base: Base model that would be loaded.

    Raises:
        UserError: The files differ.
    """
    trained_on = read_json(manifest, _base)
    if trained_on is not None and trained_on["sha256"] != base.sha256:
        raise UserError(
            f"the files of {base.name!r} in {str(base.folder)!r} are not those that "
            f"{str(manifest.parent)!r} was trained on, so its checkpoints do not fit them; name "
            "the original files with --model.weights, or choose another --run-dir"
        )


def _base(values: dict[str, Any]) -> dict[str, Any]:
    base: dict[str, Any] = values["base_model"]
    dict(base["sha256"]), str(base.get("path", ""))
    return {"path": "", **base}
