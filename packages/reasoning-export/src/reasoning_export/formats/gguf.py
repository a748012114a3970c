"""Exports a run as one GGUF file for llama.cpp, in float16 or 8 bits (q8_0)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reasoning_export.card.card import LICENCE_TEXTS, licence, write_card
from reasoning_export.card.provenance import Kind, write_provenance
from reasoning_export.card.serving import MODELFILE
from reasoning_export.errors import ExportError
from reasoning_export.files import staged
from reasoning_export.formats.gguf_layout import open_gguf, tensor_names, write_metadata
from reasoning_export.formats.lm_eval_task import write_task
from reasoning_export.formats.logit_check import probe_tensors
from reasoning_export.formats.lora_merge import trained_tensors
from reasoning_export.formats.modelfile import modelfile
from reasoning_export.gemma.families import ModelShape
from reasoning_export.gemma.tensor_layout import Array
from reasoning_export.inputs.base_model import Base, open_base
from reasoning_export.inputs.checkpoint_finder import Wanted
from reasoning_export.inputs.run_directory import Run
from reasoning_export.verification import verify
from reasoning_export.weights import TensorSpec

if TYPE_CHECKING:
    from gguf import GGMLQuantizationType, GGUFWriter

BLOCK = 32
"""q8_0 quantises rows in blocks of this many values."""


class Precision(StrEnum):
    """The type in which matrices are stored; vectors stay in float32."""

    F16 = "f16"
    Q8_0 = "q8_0"


def export_gguf(
    run: Path,
    out: Path,
    precision: Precision = Precision.F16,
    *,
    base: Path | None = None,
    wanted: Wanted | None = None,
) -> Path:
    """Merge a checkpoint and export it as `model-<precision>.gguf`, with a `Modelfile`.

    Args:
        run: The run directory.
        out: A folder that does not exist yet or is empty.
        precision: The type of the stored matrices.
        base: The base model's folder, if it has moved since training.
        wanted: The checkpoint to export; by default the best one by validation.

    Returns:
        `out`.

    Raises:
        ExportError: The run, its base or `out` cannot be used; nothing is left behind.
    """
    if find_spec("gguf") is None:
        raise ExportError("GGUF needs the package gguf; pip install gguf")
    opened = Run.open(run, base, wanted)
    with staged(out) as folder:
        path = folder / f"model-{precision}.gguf"
        with open_base(opened) as model:
            merged = trained_tensors(opened, model)
            with _writer(path, model.shape) as writer:
                write_metadata(writer, model.config, opened.base_name, opened.base, precision)
                _write_tensors(writer, model, merged, precision)
            probe = probe_tensors(model.config, open_gguf(path, model.shape), merged)
            extra = {"probe": probe, "config": dict(model.config), "precision": str(precision)}
        terms = LICENCE_TEXTS.get(licence(opened), "")
        (folder / MODELFILE).write_text(modelfile(opened, path.name, terms), encoding="utf-8")
        write_task(folder, opened, model.config)
        write_card(folder, opened, Kind.GGUF)
        write_provenance(folder, opened, Kind.GGUF, extra)
        verify(folder)
    return out


@contextmanager
def _writer(path: Path, shape: ModelShape) -> Iterator["GGUFWriter"]:
    from gguf import GGUFWriter

    writer = GGUFWriter(path, shape.family.gguf_architecture)
    try:
        yield writer
    finally:
        writer.close()


def _write_tensors(
    writer: "GGUFWriter", model: Base, tensor: Callable[[str], Array], precision: Precision
) -> None:
    from gguf import quants

    names = tensor_names(model.shape)
    kinds = {spec.name: _stored(spec, precision) for spec in model.specs}
    for spec in model.specs:
        kind = kinds[spec.name]
        size = int(np.prod(quants.quant_shape_to_byte_shape(spec.shape, kind)))
        writer.add_tensor_info(names[spec.name], spec.shape, np.dtype(np.float32), size, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for spec in model.specs:
        values = tensor(spec.name).astype(np.float32)
        if spec.name.endswith("norm.weight"):
            values = values + np.float32(1)  # llama.cpp multiplies by what is stored
        writer.write_tensor_data(quantize(values, kinds[spec.name], spec.name))


def quantize(values: Array, kind: "GGMLQuantizationType", name: str) -> Array:
    """Quantize values in the same way as llama.cpp.

    Args:
        values: Float32 values of one tensor.
        kind: The type to store.
        name: The tensor's name, for error messages.

    Raises:
        ExportError: A value does not fit float16.
    """
    from gguf import GGMLQuantizationType, quants

    if kind is GGMLQuantizationType.F16 and np.abs(values).max() > np.finfo(np.float16).max:
        raise ExportError(f"{name} holds a value too large for float16; export q8_0 instead")
    stored: Array = quants.quantize(values, kind)
    return stored


def _stored(spec: TensorSpec, precision: Precision) -> "GGMLQuantizationType":
    from gguf import GGMLQuantizationType

    if len(spec.shape) == 1:
        return GGMLQuantizationType.F32
    if precision is Precision.Q8_0 and spec.shape[-1] % BLOCK == 0:
        return GGMLQuantizationType.Q8_0
    return GGMLQuantizationType.F16
