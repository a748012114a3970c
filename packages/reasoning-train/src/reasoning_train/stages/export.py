"""Export stage: the trained weights as Hugging Face safetensors, reopened and compared."""

from pathlib import Path

from reasoning_export import export_safetensors
from reasoning_train.run_dir import RunDir


def export(run: RunDir, base: Path) -> Path:
    """Write `export/safetensors` and return the folder.

    Args:
        base: The base's folder today; the manifest's may have been mounted elsewhere.
    """
    return export_safetensors(run.root, run.export / "safetensors", base=base)
