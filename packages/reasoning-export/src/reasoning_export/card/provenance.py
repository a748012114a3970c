"""The provenance record `export.json`: an export's origin and files."""

from collections.abc import Mapping
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Any

from reasoning_export.card.confidence_map import confidence_map
from reasoning_export.card.headline import holds, serious
from reasoning_export.files import folder_files, folder_sha256, table_sha256, write_json
from reasoning_export.inputs.run_directory import Run

FILE = "export.json"
FORMAT = 1
UNFINISHED = "Training had not finished when this was exported: the run is still in progress"
FROM_MANIFEST = (
    "schema",
    "prompt_style",
    "data_manifest_sha256",
    "packages",
    "git_commit",
    "seed",
    "training",
    "lora",
)


class Kind(StrEnum):
    """The format of an export."""

    SAFETENSORS = "safetensors"
    ADAPTER = "adapter"
    ORBAX = "orbax"
    GGUF = "gguf"


def describe(run: Run) -> dict[str, Any]:
    """Trace an export back to base model, data and code, without paths of the training machine."""
    base = run.manifest["base_model"]
    return {
        "base_model": {
            "name": run.base_name,
            "source": base.get("source"),
            "id": base.get("id"),
            "revision": run.base_revision,
            "license": base.get("license"),
            "architecture": base.get("architecture"),
            "sha256": dict(run.base_sha256),
            "digest": table_sha256(run.base_sha256),
        },
        "checkpoint": {
            "stage": run.checkpoint.stage,
            "step": run.checkpoint.step,
            "sha256": folder_sha256(run.checkpoint.path),
            "finished": run.finished,
            "holds": holds(run),
            "wanted": {"stage": str(run.wanted.stage), "step": run.wanted.step},
            "passed_over": list(run.checkpoint.passed_over),
        },
        **{key: run.manifest.get(key) for key in FROM_MANIFEST},
        "confidence_map": confidence_map(run),
        "serious": serious(run),
        "exported_by": f"reasoning-export {version('reasoning-export')}",
    }


def write_provenance(
    folder: Path, run: Run, kind: Kind, extra: Mapping[str, Any] | None = None
) -> None:
    """Write `export.json`, which lists all other files and must therefore be the last.

    Args:
        folder: The export's folder, complete but for this file.
        run: The run it was made from.
        kind: The format of the export.
        extra: Further keys of the record.
    """
    content = {
        "format": FORMAT,
        "kind": str(kind),
        **describe(run),
        **(extra or {}),
        "files": folder_files(folder),
    }
    write_json(folder / FILE, content)
