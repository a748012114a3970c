"""Export stage: the trained weights as Hugging Face safetensors, reopened and compared."""

import shutil
from pathlib import Path

from reasoning_export import export_safetensors
from reasoning_train.durable import sync_tree
from reasoning_train.run_dir.directory import RunDir

NAME = "safetensors"
LAST_FILE = "export.json"


def export(run: RunDir, base: Path) -> Path:
    """Write `export/safetensors` and return the folder.

    What an earlier process left there is made again: half an export, or a whole one that the run's
    state does not know of. A folder that holds anything else stays, and is refused. The caller
    holds the run's lock.

    Args:
        run: The run.
        base: The base's folder today; the manifest's may have been mounted elsewhere.

    Raises:
        ExportError: The run or its base cannot be used, or the folder holds other things.
    """
    out = run.export / NAME
    if (out / LAST_FILE).is_file():  # half of it gone, it would be taken for somebody's own
        out.rename(out.with_name(f".{NAME}.before"))
    for half in run.export.glob(f".{NAME}.*"):
        shutil.rmtree(half)
    made = export_safetensors(run.root, out, base=base)
    sync_tree(run.export)  # before the state says that it is done
    return made
