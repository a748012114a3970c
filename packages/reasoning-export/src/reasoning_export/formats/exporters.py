"""The exporter of each kind."""

from collections.abc import Callable
from pathlib import Path

from reasoning_export.card.provenance import Kind
from reasoning_export.formats.adapter import export_adapter
from reasoning_export.formats.gguf import export_gguf
from reasoning_export.formats.merged import export_safetensors
from reasoning_export.formats.orbax import export_orbax

EXPORTERS: dict[Kind, Callable[..., Path]] = {
    Kind.SAFETENSORS: export_safetensors,
    Kind.ADAPTER: export_adapter,
    Kind.ORBAX: export_orbax,
    Kind.GGUF: export_gguf,
}
"""Each takes the run and a folder, and by keyword `base` and `wanted`."""
