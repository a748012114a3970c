"""Exports a run as merged safetensors in a folder that `transformers` loads."""

from pathlib import Path

from reasoning_export.card.card import write_card
from reasoning_export.card.provenance import Kind, write_provenance
from reasoning_export.files import staged
from reasoning_export.formats.config_and_tokenizer import write_companions
from reasoning_export.formats.lm_eval_task import write_task
from reasoning_export.formats.logit_check import probe_export
from reasoning_export.formats.lora_merge import trained_tensors
from reasoning_export.inputs.base_model import Base, open_base
from reasoning_export.inputs.checkpoint_finder import Wanted
from reasoning_export.inputs.run_directory import Run
from reasoning_export.verification import verify
from reasoning_export.weights import SHARD_BYTES, write_weights


def export_safetensors(
    run: Path,
    out: Path,
    *,
    base: Path | None = None,
    wanted: Wanted | None = None,
    shard_bytes: int = SHARD_BYTES,
) -> Path:
    """Merge a checkpoint's LoRA in float32 and export it in the base's dtype.

    Args:
        run: The run directory.
        out: A folder that does not exist yet or is empty; it appears when it has been verified.
        base: The base model's folder, if it is not where the manifest says.
        wanted: The checkpoint to export; by default the best one by validation.
        shard_bytes: The largest size of a file of weights, in bytes.

    Returns:
        `out`.

    Raises:
        ExportError: The run, its base or `out` cannot be used; nothing is left behind.
    """
    opened = Run.open(run, base, wanted)
    with staged(out) as folder:
        with open_base(opened) as model:
            write_merged(folder, opened, model, shard_bytes)
            probe = probe_export(folder, opened, model)
        write_task(folder, opened, model.config)
        write_card(folder, opened, Kind.SAFETENSORS)
        write_provenance(folder, opened, Kind.SAFETENSORS, {"probe": probe})
        verify(folder)
    return out


def write_merged(folder: Path, run: Run, base: Base, shard_bytes: int = SHARD_BYTES) -> None:
    """Write configs and tokenizer, which may turn out to be wrong, and then the weights.

    Args:
        folder: The export's folder.
        run: The run directory, opened.
        base: The opened base model.
        shard_bytes: The largest size of a file of weights, in bytes.
    """
    write_companions(folder, run.base, base)
    write_weights(folder, base.specs, trained_tensors(run, base), shard_bytes=shard_bytes)
