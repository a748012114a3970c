"""Exports training runs as checkpoints that other tools can load, and verifies each of them."""

from reasoning_export.errors import ExportError
from reasoning_export.formats.adapter import export_adapter
from reasoning_export.formats.merged import export_safetensors
from reasoning_export.formats.orbax import export_orbax
from reasoning_export.gemma.tensor_layout import to_huggingface
from reasoning_export.inputs.checkpoint_finder import Checkpoint, Stage, Wanted, find_checkpoint
from reasoning_export.inputs.run_directory import Run
from reasoning_export.verification import Verified, verify

__all__ = [
    "Checkpoint",
    "ExportError",
    "Run",
    "Stage",
    "Verified",
    "Wanted",
    "export_adapter",
    "export_orbax",
    "export_safetensors",
    "find_checkpoint",
    "to_huggingface",
    "verify",
]
