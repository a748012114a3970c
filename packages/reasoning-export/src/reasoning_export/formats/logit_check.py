"""Probe logits: the outputs for a few tokens, recorded to verify an export later."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from reasoning_export.errors import ExportError
from reasoning_export.formats.lora_merge import read_lora
from reasoning_export.gemma.families import ModelShape
from reasoning_export.gemma.forward import logits
from reasoning_export.gemma.tensor_layout import Array
from reasoning_export.inputs.base_model import Base
from reasoning_export.inputs.run_directory import Run
from reasoning_export.weights import WeightReader, open_tensors

RECORDED = "probe.safetensors"
"""In a run directory: `tokens` [T] and the trainer's own `logits` [T, V], both optional to have."""
TOLERANCE = 1e-3
"""Of logits that are computed in float32 from the same values."""
LENGTH = 24


def probe_export(folder: Path, run: Run, base: Base) -> dict[str, Any]:
    """Compute the merged weights' logits and compare them with those before the merge.

    Returns:
        `tokens`, per position the `top` id, its `logit` and the `logsumexp`; and the greatest
        difference to the base with LoRA on its activations (`merge_difference`) and to the
        trainer's own logits (`trainer_difference`), where there are such.

    Raises:
        ExportError: Float32 weights that do not give the trained model's logits.
    """
    recorded = _recorded(run, base.shape)
    tokens = recorded[0] if recorded else _tokens(base.shape)
    with WeightReader(folder) as weights:
        found = logits(base.config, weights.read, tokens)
    result = summarise(tokens, found)
    if run.lora is not None:
        unmerged = logits(base.config, base.weights.read, tokens, read_lora(run, base))
        result["merge_difference"] = float(np.abs(found - unmerged).max())
    if recorded:
        result["trainer_difference"] = float(np.abs(found - recorded[1]).max())
    if all(spec.dtype == "F32" for spec in base.specs):
        for key in ("merge_difference", "trainer_difference"):
            if result.get(key, 0.0) > TOLERANCE:
                raise ExportError(
                    f"the exported weights' logits differ by {result[key]:.2g} ({key}); "
                    f"float32 weights should agree within {TOLERANCE}"
                )
    return result


def probe_tensors(
    config: Mapping[str, Any], stored: Callable[[str], Array], merged: Callable[[str], Array]
) -> dict[str, Any]:
    """Compute the logits of quantized weights and their distance from the exact ones.

    Returns:
        As `probe_export`, with `quantization_difference`.
    """
    tokens = _tokens(ModelShape.from_config(config))
    found, exact = logits(config, stored, tokens), logits(config, merged, tokens)
    return {
        **summarise(tokens, found),
        "quantization_difference": float(np.abs(found - exact).max()),
        "top_agreement": float((found.argmax(axis=1) == exact.argmax(axis=1)).mean()),
    }


def check_probe(
    config: Mapping[str, Any], tensor: Callable[[str], Array], probe: Mapping[str, Any]
) -> str:
    """Check that the logits, computed again, agree with the record.

    Raises:
        ExportError: They differ, or the record is broken.
    """
    tokens = _checked_tokens(probe.get("tokens"), ModelShape.from_config(config))
    found = summarise(tokens, logits(config, tensor, tokens))
    for key in ("logit", "logsumexp"):
        expected = probe.get(key)
        if (
            not isinstance(expected, list)
            or len(expected) != len(tokens)
            or not all(isinstance(value, float) for value in expected)
        ):
            raise ExportError(f"the probe's record has no {key} for each of its tokens")
        difference = np.abs(np.asarray(found[key]) - np.asarray(expected, np.float64)).max()
        if not difference <= TOLERANCE:
            raise ExportError(f"the weights' logits are not those recorded: {key} {difference:.2g}")
    return f"logits of {len(tokens)} probe tokens agree with the record within {TOLERANCE}"


def summarise(tokens: Sequence[int], values: Array) -> dict[str, Any]:
    """Summarize logits `[T, V]` in a few figures that change whenever a logit does."""
    top = values.argmax(axis=1)
    peak = values.max(axis=1)
    total = peak + np.log(np.exp(values - peak[:, None]).sum(axis=1, dtype=np.float64))
    return {
        "tokens": [int(token) for token in tokens],
        "top": [int(index) for index in top],
        "logit": [round(float(value), 6) for value in peak],
        "logsumexp": [round(float(value), 6) for value in total],
    }


def _tokens(shape: ModelShape) -> list[int]:
    """BOS and random ids, the same for every vocabulary of that size."""
    rest = np.random.default_rng(0).integers(3, shape.vocabulary, LENGTH - 1)
    return [2, *(int(token) for token in rest)]


def _recorded(run: Run, shape: ModelShape) -> tuple[list[int], Array] | None:
    path = run.path / RECORDED
    if not path.is_file():
        return None
    tensors = open_tensors(path)
    if missing := {"tokens", "logits"} - set(tensors):
        raise ExportError(f"{str(path)!r} lacks {missing!r}")
    tokens = _checked_tokens([int(token) for token in tensors["tokens"].reshape(-1)], shape)
    values = tensors["logits"]
    if values.shape != (len(tokens), shape.vocabulary):
        raise ExportError(f"{str(path)!r}: logits {values.shape} for {len(tokens)} tokens")
    return tokens, values


def _checked_tokens(tokens: object, shape: ModelShape) -> list[int]:
    if (
        not isinstance(tokens, list)
        or not 0 < len(tokens) <= 4096
        or not all(isinstance(token, int) and 0 <= token < shape.vocabulary for token in tokens)
    ):
        raise ExportError(f"probe tokens {tokens!r} are no ids of this model")
    return tokens
