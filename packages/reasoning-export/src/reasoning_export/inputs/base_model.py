"""Opens the base model of a run: its config and tensors, checked against the manifest."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from reasoning_export.errors import ExportError
from reasoning_export.files import check_digests, read_json
from reasoning_export.gemma.families import ModelShape, is_multimodal, text_config
from reasoning_export.gemma.tensor_layout import sources
from reasoning_export.inputs.run_directory import Run
from reasoning_export.weights import TensorSpec, WeightReader

TIED = {"lm_head.weight"}
"""Gemma ties the output head to the embedding; some folders store it twice."""


@dataclass(frozen=True, slots=True)
class Base:
    """An opened base model.

    Attributes:
        config: Configuration of its text model.
        shape: Sizes from the config.
        weights: Its tensors.
        specs: Name, shape and dtype of every tensor, in the model's order.
        multimodal: Whether the folder holds a model that also reads images.
    """

    config: Mapping[str, Any]
    shape: ModelShape
    weights: WeightReader
    specs: list[TensorSpec]
    multimodal: bool


@contextmanager
def open_base(run: Run) -> Iterator[Base]:
    """Open the run's base model after checking it against the manifest.

    Raises:
        ExportError: It is not the base of this run, or not whole.
    """
    whole = read_json(run.base / "config.json", "the base model's configuration")
    config = text_config(whole)
    shape = ModelShape.from_config(config)
    architecture = run.manifest["base_model"].get("architecture")
    if architecture not in (whole["model_type"], shape.architecture):
        raise ExportError(
            f"the manifest says {architecture!r}, the base's config.json "
            f"{str(shape.architecture)!r}"
        )
    check_digests(run.base, run.base_sha256, "the run's manifest")
    with WeightReader(run.base) as weights:
        yield Base(config, shape, weights, check_tensors(weights, shape), is_multimodal(whole))


def check_tensors(weights: WeightReader, shape: ModelShape) -> list[TensorSpec]:
    """Check a folder's tensors against the config; return them in the order of the model.

    Raises:
        ExportError: A tensor is missing, left over or of another shape.
    """
    table = sources(shape)
    if left_over := set(weights.names) - set(table) - TIED:
        raise ExportError(f"the weights hold {min(left_over)!r}, which config.json does not have")
    specs = [weights.spec(name) for name in table]
    for spec in specs:
        if spec.shape != table[spec.name].shape:
            raise ExportError(
                f"{spec.name} has shape {spec.shape}; config.json says {table[spec.name].shape}"
            )
    return specs
