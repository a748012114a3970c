"""Checkpoints that others can load, each reopened and compared before it is called done."""

from reasoning_export.adapter_export import export_adapter
from reasoning_export.checkpoints import Checkpoint, Stage, Wanted, find_checkpoint
from reasoning_export.errors import ExportError
from reasoning_export.layout import to_huggingface
from reasoning_export.orbax_export import export_orbax
from reasoning_export.run import Run
from reasoning_export.safetensors_export import export_safetensors
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
