"""Tunix's parameter names and axes ↔ Hugging Face's, for Gemma 3 (text) and Gemma 2, in numpy.

Tunix names are dotted paths of its module tree (`layers.0.attn.kv_einsum.w`). Letters of shapes: V
vocabulary, D width, F feed-forward width, N query heads, K key/value heads, H head width, r LoRA rank.
Norm scales are stored alike on both sides: both apply 1 + scale.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import numpy as np

from reasoning_export.architecture import Architecture, ModelShape
from reasoning_export.errors import ExportError

Array = np.ndarray[Any, Any]


class Kind(Enum):
    """How a Tunix tensor becomes a Hugging Face one."""

    COPY = auto()  # [..] -> [..]
    LINEAR = auto()  # [in, out] -> [out, in]
    HEADS_IN = auto()  # [N, D, H] -> [N·H, D]: queries, keys, values
    HEADS_OUT = auto()  # [N, H, D] -> [D, N·H]: attention's output


@dataclass(frozen=True, slots=True)
class Source:
    """Where a Hugging Face tensor comes from.

    Attributes:
        module: Tunix's module, a dotted path.
        parameter: Tunix's parameter inside the module.
        kind: The change of axes.
        part: Index on the leading axis where Tunix stacks keys and values (or all three).
        shape: Shape of the Hugging Face tensor.
    """

    module: str
    parameter: str
    kind: Kind
    part: int | None
    shape: tuple[int, ...]


def sources(shape: ModelShape) -> dict[str, Source]:
    """Every Hugging Face tensor of the model, in the model's order, with its Tunix source."""
    width = (shape.width,)
    table = {
        "model.embed_tokens.weight": Source(
            "embedder", "input_embedding", Kind.COPY, None, (shape.vocabulary, shape.width)
        )
    }
    for layer in range(shape.layers):
        for name, source in _layer_sources(shape, f"layers.{layer}").items():
            table[f"model.layers.{layer}.{name}.weight"] = source
    table["model.norm.weight"] = Source("final_norm", "scale", Kind.COPY, None, width)
    return table


def _layer_sources(shape: ModelShape, layer: str) -> dict[str, Source]:
    attention, mlp = f"{layer}.attn", f"{layer}.mlp"
    gemma3 = shape.architecture is Architecture.GEMMA3_TEXT
    post_attention = "post_attention_norm" if gemma3 else "post_attn_norm"
    queries, keys = shape.heads * shape.head, shape.kv_heads * shape.head
    if shape.fused_qkv:
        parts = {name: ("qkv_einsum", part) for part, name in enumerate("qkv")}
    else:
        parts = {"q": ("q_einsum", None), "k": ("kv_einsum", 0), "v": ("kv_einsum", 1)}

    def norm(module: str, size: int = shape.width) -> Source:
        return Source(f"{layer}.{module}", "scale", Kind.COPY, None, (size,))

    def linear(module: str, inputs: int, outputs: int) -> Source:
        return Source(f"{mlp}.{module}", "kernel", Kind.LINEAR, None, (outputs, inputs))

    def heads(name: str, rows: int) -> Source:
        module, part = parts[name]
        return Source(f"{attention}.{module}", "w", Kind.HEADS_IN, part, (rows, shape.width))

    table = {
        "input_layernorm": norm("pre_attention_norm"),
        "self_attn.q_proj": heads("q", queries),
        "self_attn.k_proj": heads("k", keys),
        "self_attn.v_proj": heads("v", keys),
        "self_attn.o_proj": Source(
            f"{attention}.attn_vec_einsum", "w", Kind.HEADS_OUT, None, (shape.width, queries)
        ),
        "post_attention_layernorm": norm(post_attention),
        "pre_feedforward_layernorm": norm("pre_ffw_norm"),
        "mlp.gate_proj": linear("gate_proj", shape.width, shape.hidden),
        "mlp.up_proj": linear("up_proj", shape.width, shape.hidden),
        "mlp.down_proj": linear("down_proj", shape.hidden, shape.width),
        "post_feedforward_layernorm": norm("post_ffw_norm"),
    }
    if gemma3:
        table["self_attn.q_norm"] = norm("attn._query_norm", shape.head)
        table["self_attn.k_norm"] = norm("attn._key_norm", shape.head)
    return table


def to_huggingface(
    params: Mapping[str, Array], config: Mapping[str, Any]
) -> Iterator[tuple[str, Array]]:
    """Full Tunix weights as Hugging Face tensors, one at a time, dtypes kept.

    Args:
        params: Tunix's parameters by dotted name.
        config: The model's Hugging Face `config.json`.

    Raises:
        ExportError: A parameter is missing, left over, or of another shape than the config says.
    """
    table = sources(ModelShape.from_config(config))
    wanted = {f"{source.module}.{source.parameter}" for source in table.values()}
    if left_over := sorted(set(params) - wanted):
        raise ExportError(f"parameters that this architecture does not have: {left_over[:3]!r}")
    for name, source in table.items():
        yield name, full_tensor(params, name, source)


def full_tensor(params: Mapping[str, Array], name: str, source: Source) -> Array:
    """One Hugging Face tensor out of Tunix's parameters, contiguous."""
    key = f"{source.module}.{source.parameter}"
    if key not in params:
        raise ExportError(f"the weights lack {key!r}, needed for {name}")
    value = params[key] if source.part is None else params[key][source.part]
    match source.kind:
        case Kind.LINEAR:
            value = value.T
        case Kind.HEADS_IN if value.ndim == 3:
            value = value.transpose(0, 2, 1).reshape(-1, value.shape[1])
        case Kind.HEADS_OUT if value.ndim == 3:
            value = value.reshape(-1, value.shape[2]).T
    if value.shape != source.shape:
        raise ExportError(
            f"{key}: shape {params[key].shape} gives {value.shape} for {name}, "
            f"where the config says {source.shape}; are these weights of another model?"
        )
    return np.ascontiguousarray(value)


@dataclass(frozen=True, slots=True)
class LoraFactors:
    """A low-rank update of one linear layer, `weight + scale · b @ a` (LoRA, arXiv:2106.09685, eq. 3).

    Attributes:
        a: `[r, in]`.
        b: `[out, r]`.
        scale: alpha / r.
    """

    a: Array
    b: Array
    scale: float

    def delta(self) -> Array:
        """`[out, in]`, in float32."""
        product: Array = self.b.astype(np.float32) @ self.a.astype(np.float32)
        return product * np.float32(self.scale)


def lora_factors(
    lora: Mapping[str, Array], shape: ModelShape, rank: int, alpha: float
) -> dict[str, LoraFactors]:
    """LoRA parameters by the Hugging Face tensor they change.

    Args:
        lora: qwix's parameters by dotted Tunix name, ending in `_lora_a` and `_lora_b`.
        shape: Of the base model.
        rank: As the run was configured.
        alpha: As the run was configured.

    Raises:
        ExportError: A name or shape that does not belong to this model and rank.
    """
    factors: dict[str, LoraFactors] = {}
    used: set[str] = set()
    for name, source in sources(shape).items():
        key = f"{source.module}.{source.parameter}_lora_"
        if f"{key}a" not in lora and f"{key}b" not in lora:
            continue
        if missing := {f"{key}a", f"{key}b"} - set(lora):
            raise ExportError(f"the checkpoint has one half of a LoRA pair; it lacks {missing!r}")
        factors[name] = _factors(lora, key, name, source, rank, alpha / rank)
        used |= {f"{key}a", f"{key}b"}
    if left_over := sorted(set(lora) - used):
        raise ExportError(
            f"the checkpoint changes {left_over[0]!r}, which {shape.architecture} does not have; "
            "was it trained on another base model?"
        )
    return factors


def _factors(
    lora: Mapping[str, Array], key: str, name: str, source: Source, rank: int, scale: float
) -> LoraFactors:
    raw_a, raw_b = lora[f"{key}a"], lora[f"{key}b"]
    a = raw_a.reshape(-1, raw_a.shape[-1]).T
    b = raw_b if source.part is None or raw_b.ndim != 4 else raw_b[:, source.part]
    b = b.reshape(b.shape[0], -1).T
    if a.shape != (rank, source.shape[1]) or b.shape != (source.shape[0], rank):
        raise ExportError(
            f"{key}a, b: shapes {raw_a.shape} and {raw_b.shape} do not fit rank {rank} and "
            f"{name} {source.shape}; the checkpoint and the manifest are of different models"
        )
    return LoraFactors(np.ascontiguousarray(a), np.ascontiguousarray(b), scale)
