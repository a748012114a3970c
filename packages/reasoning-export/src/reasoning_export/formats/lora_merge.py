"""Merges a run's LoRA into the base and yields Hugging Face tensors one at a time."""

from collections.abc import Callable

import numpy as np

from reasoning_export.errors import ExportError
from reasoning_export.gemma.tensor_layout import (
    Array,
    LoraFactors,
    full_tensor,
    lora_factors,
    sources,
)
from reasoning_export.gemma.tunix_shapes import check_shapes, full_shapes, lora_shapes
from reasoning_export.inputs.base_model import Base
from reasoning_export.inputs.checkpoint_reader import CheckpointReader
from reasoning_export.inputs.run_directory import Run


def read_lora(run: Run, base: Base) -> dict[str, LoraFactors]:
    """Read the low-rank updates of the run's checkpoint, by Hugging Face name.

    Raises:
        ExportError: All weights were trained, or the checkpoint does not fit the base and rank.
    """
    if run.lora is None:
        raise ExportError("this run trained all weights; it has no LoRA to export")
    reader = CheckpointReader(run.checkpoint.path)
    check_shapes(reader.shapes, lora_shapes(base.shape, run.lora.rank), partial=True)
    lora = reader.read(reader)
    for name, array in lora.items():
        check_finite(name, array)
    return lora_factors(lora, base.shape, run.lora.rank, run.lora.alpha)


def trained_tensors(run: Run, base: Base) -> Callable[[str], Array]:
    """Return a function that computes a trained tensor by its Hugging Face name.

    A LoRA update is added in float32; an untouched tensor keeps its dtype and bytes.

    Raises:
        ExportError: The checkpoint does not fit the base, or holds a value that is not finite.
    """
    if run.lora is None:
        reader = CheckpointReader(run.checkpoint.path)
        check_shapes(reader.shapes, full_shapes(base.shape))
        table = sources(base.shape)

        def full(name: str) -> Array:
            source = table[name]
            return check_finite(name, full_tensor(reader[source.parameter], source))

        return full

    updates = read_lora(run, base)

    def merged(name: str) -> Array:
        weight = base.weights.read(name)
        if name not in updates:
            return weight
        return check_finite(name, weight.astype(np.float32) + updates[name].delta())

    return merged


def check_finite(name: str, array: Array) -> Array:
    """Return the array after checking that all its values are finite.

    Raises:
        ExportError: It holds a NaN or an infinity.
    """
    if not np.isfinite(array).all():
        raise ExportError(f"{name} holds a value that is not finite; that checkpoint is spoiled")
    return array
