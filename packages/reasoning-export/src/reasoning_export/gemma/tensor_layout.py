"""Converts Tunix's parameter names and axes to Hugging Face's, for Gemma 2 and 3.

Tunix names are dotted paths of its module tree (`layers.0.attn.kv_einsum.w`). Letters of shapes:
V vocabulary, D width, F feed-forward width, N query heads, K key/value heads, H head width, r LoRA
rank. Norm scales are stored alike on both sides: both apply 1 + scale.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import numpy as np

from reasoning_export.errors import ExportError
from reasoning_export.gemma.families import ModelShape
from reasoning_export.gemma.tunix_shapes import check_shapes, full_shapes

Array = np.ndarray[Any, Any]


class Kind(Enum):
    """The change of axes from a Tunix tensor to a Hugging Face tensor."""

    COPY = auto()  # [..] -> [..]
    LINEAR = auto()  # [in, out] -> [out, in]
    HEADS_IN = auto()  # [N, D, H] -> [N·H, D]: queries, keys, values
    HEADS_OUT = auto()  # [N, H, D] -> [D, N·H]: attention's output


@dataclass(frozen=True, slots=True)
class Source:
    """The Tunix source of a Hugging Face tensor.

    Attributes:
        parameter: Tunix's parameter, a dotted path.
        kind: The change of axes.
        part: Index on the leading axis where Tunix stacks keys and values (or all three).
        shape: Shape of the Hugging Face tensor.
    """

    parameter: str
    kind: Kind
    part: int | None
    shape: tuple[int, ...]


def sources(shape: ModelShape) -> dict[str, Source]:
    """The Tunix source of every Hugging Face tensor, in the order of the model."""
    embedding = Source("embedder.input_embedding", Kind.COPY, None, (shape.vocabulary, shape.width))
    table = {"model.embed_tokens.weight": embedding}
    for layer in range(shape.layers):
        for name, source in _layer_sources(shape, f"layers.{layer}").items():
            table[f"model.layers.{layer}.{name}.weight"] = source
    table["model.norm.weight"] = Source("final_norm.scale", Kind.COPY, None, (shape.width,))
    return table


def _layer_sources(shape: ModelShape, layer: str) -> dict[str, Source]:
    queries, keys = shape.heads * shape.head, shape.kv_heads * shape.head
    parts: dict[str, tuple[str, int | None]]
    if shape.fused_qkv:
        parts = {name: ("qkv_einsum", part) for part, name in enumerate("qkv")}
    else:
        parts = {"q": ("q_einsum", None), "k": ("kv_einsum", 0), "v": ("kv_einsum", 1)}

    def norm(module: str, size: int = shape.width) -> Source:
        return Source(f"{layer}.{module}.scale", Kind.COPY, None, (size,))

    def linear(module: str, inputs: int, outputs: int) -> Source:
        return Source(f"{layer}.mlp.{module}.kernel", Kind.LINEAR, None, (outputs, inputs))

    def heads(name: str, rows: int) -> Source:
        module, part = parts[name]
        return Source(f"{layer}.attn.{module}.w", Kind.HEADS_IN, part, (rows, shape.width))

    table = {
        "input_layernorm": norm("pre_attention_norm"),
        "self_attn.q_proj": heads("q", queries),
        "self_attn.k_proj": heads("k", keys),
        "self_attn.v_proj": heads("v", keys),
        "self_attn.o_proj": Source(
            f"{layer}.attn.attn_vec_einsum.w", Kind.HEADS_OUT, None, (shape.width, queries)
        ),
        "post_attention_layernorm": norm(shape.family.post_attention_norm),
        "pre_feedforward_layernorm": norm("pre_ffw_norm"),
        "mlp.gate_proj": linear("gate_proj", shape.width, shape.hidden),
        "mlp.up_proj": linear("up_proj", shape.width, shape.hidden),
        "mlp.down_proj": linear("down_proj", shape.hidden, shape.width),
        "post_feedforward_layernorm": norm("post_ffw_norm"),
    }
    if shape.family.norms_heads:
        table["self_attn.q_norm"] = norm("attn._query_norm", shape.head)
        table["self_attn.k_norm"] = norm("attn._key_norm", shape.head)
    return table


def to_huggingface(
    params: Mapping[str, Array], config: Mapping[str, Any]
) -> Iterator[tuple[str, Array]]:
    """Convert full Tunix weights to Hugging Face tensors one at a time, keeping their dtypes.

    Args:
        params: Tunix's parameters by dotted name.
        config: The model's Hugging Face `config.json`.

    Raises:
        ExportError: A parameter is missing, left over, or of another shape than the config says.
    """
    shape = ModelShape.from_config(config)
    check_shapes({name: array.shape for name, array in params.items()}, full_shapes(shape))
    for name, source in sources(shape).items():
        yield name, full_tensor(params[source.parameter], source)


def full_tensor(value: Array, source: Source) -> Array:
    """Convert a Tunix parameter to a contiguous Hugging Face tensor."""
    if source.part is not None:
        value = value[source.part]
    match source.kind:
        case Kind.LINEAR:
            value = value.T
        case Kind.HEADS_IN:
            value = value.transpose(0, 2, 1)
        case Kind.HEADS_OUT:
            value = value.reshape(-1, value.shape[2]).T
    return np.ascontiguousarray(value.reshape(source.shape))


@dataclass(frozen=True, slots=True)
class LoraFactors:
    """A low-rank update of one linear layer, `weight + scale · b @ a`.

    LoRA, arXiv:2106.09685, equation 3.

    Attributes:
        a: `[r, in]`.
        b: `[out, r]`.
        scale: alpha / r.
    """

    a: Array
    b: Array
    scale: float

    def delta(self) -> Array:
        """The scaled update `[out, in]` in float32."""
        product: Array = self.b.astype(np.float32) @ self.a.astype(np.float32)
        return product * np.float32(self.scale)


def lora_factors(
    lora: Mapping[str, Array], shape: ModelShape, rank: int, alpha: float
) -> dict[str, LoraFactors]:
    """Group LoRA parameters by the Hugging Face tensor that they update.

    Args:
        lora: qwix's parameters by dotted Tunix name, ending in `_lora_a` and `_lora_b`, of the
            shapes of `tunix_shapes.lora_shapes`.
        shape: Of the base model.
        rank: As the run was configured.
        alpha: As the run was configured.

    Raises:
        ExportError: One of a pair is missing.
    """
    factors = {}
    for name, source in sources(shape).items():
        a, b = lora.get(f"{source.parameter}_lora_a"), lora.get(f"{source.parameter}_lora_b")
        if a is None and b is None:
            continue
        if a is None or b is None:
            half = f"{source.parameter}_lora_{'a' if a is None else 'b'}"
            raise ExportError(f"the checkpoint holds half of a LoRA pair; {half!r} is missing")
        if source.part is not None:
            b = b[:, source.part]
        factors[name] = LoraFactors(
            np.ascontiguousarray(a.reshape(-1, rank).T),
            np.ascontiguousarray(b.reshape(rank, -1).T),
            alpha / rank,
        )
    return factors
