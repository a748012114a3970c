"""The forward pass of Gemma 2 and 3 in plain numpy and float32.

Slow and without a cache, on purpose: it exists to compare logits where neither torch nor an
accelerator is installed. Letters as in `layout`; T tokens. Architectures after arXiv:2408.00118
(Gemma 2) and arXiv:2503.19786 (Gemma 3).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reasoning_export.errors import ExportError
from reasoning_export.gemma.families import Family, ModelShape
from reasoning_export.gemma.tensor_layout import Array, LoraFactors

ROWS = 1 << 15
"""Vocabulary rows that are multiplied at once."""
LARGE = 1e15
"""Above any number of a model's config that is meant."""


@dataclass(frozen=True, slots=True)
class Attention:
    """What distinguishes the attention of one layer from that of another.

    Attributes:
        window: Number of positions that a token attends to, itself included; None for all.
        theta: Rotary base.
        factor: Positions are divided by this number (linear scaling of rotary positions).
    """

    window: int | None
    theta: float
    factor: float = 1.0


def logits(
    config: Mapping[str, Any],
    tensor: Callable[[str], Array],
    tokens: Sequence[int],
    updates: Mapping[str, LoraFactors] | None = None,
) -> Array:
    """Compute the causal logits `[T, V]` of a text model.

    Args:
        config: Hugging Face's `config.json`.
        tensor: Gives a weight by its Hugging Face name.
        tokens: Ids, BOS included.
        updates: LoRA by weight name, applied to activations instead of merged.

    Raises:
        ExportError: The config asks for something that is not computed here.
    """
    return _Forward(config, tensor, updates or {}).logits(tokens)


class _Forward:
    def __init__(
        self,
        config: Mapping[str, Any],
        tensor: Callable[[str], Array],
        updates: Mapping[str, LoraFactors],
    ) -> None:
        self.config = config
        self.shape = ModelShape.from_config(config)
        self.tensor = tensor
        self.updates = updates
        self.eps = _number(config, "rms_norm_eps", 1e-6)
        self.scale = _number(config, "query_pre_attn_scalar", self.shape.head) ** -0.5
        self.score_cap = _optional(config, "attn_logit_softcapping")
        self.logit_cap = _optional(config, "final_logit_softcapping")

    def logits(self, tokens: Sequence[int]) -> Array:
        embedding = self.tensor("model.embed_tokens.weight")
        x = embedding[np.asarray(tokens)].astype(np.float32)
        x *= np.float32(np.sqrt(self.shape.width))
        for layer, attention in enumerate(attentions(self.config)):
            prefix = f"model.layers.{layer}"
            y = self.attend(
                f"{prefix}.self_attn", self.norm(f"{prefix}.input_layernorm", x), attention
            )
            x = x + self.norm(f"{prefix}.post_attention_layernorm", y)
            y = self.feed_forward(
                f"{prefix}.mlp", self.norm(f"{prefix}.pre_feedforward_layernorm", x)
            )
            x = x + self.norm(f"{prefix}.post_feedforward_layernorm", y)
        x = self.norm("model.norm", x)
        parts = [x @ rows.T for rows in _in_float32(embedding)]
        return _soft_cap(np.concatenate(parts, axis=1), self.logit_cap)

    def linear(self, name: str, x: Array) -> Array:
        y: Array = x @ self.tensor(f"{name}.weight").astype(np.float32).T
        update = self.updates.get(f"{name}.weight")
        if update is None:
            return y
        return (
            y + (x @ update.a.T.astype(np.float32)) @ update.b.T.astype(np.float32) * update.scale
        )

    def norm(self, name: str, x: Array) -> Array:
        """RMSNorm with scale 1 + w over the last axis."""
        scale = 1 + self.tensor(f"{name}.weight").astype(np.float32)
        y: Array = x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(self.eps)) * scale
        return y

    def attend(self, name: str, x: Array, attention: Attention) -> Array:
        count, head, groups = len(x), self.shape.head, self.shape.heads // self.shape.kv_heads
        q, k, v = (self.linear(f"{name}.{part}_proj", x).reshape(count, -1, head) for part in "qkv")
        if self.shape.family.norms_heads:
            q, k = self.norm(f"{name}.q_norm", q), self.norm(f"{name}.k_norm", k)
        q, k = _rotate(q, attention), _rotate(k, attention)
        k, v = np.repeat(k, groups, axis=1), np.repeat(v, groups, axis=1)
        scores = np.einsum("tnh,snh->nts", q * np.float32(self.scale), k)
        scores = _soft_cap(scores, self.score_cap)
        distance = np.arange(count)[:, None] - np.arange(count)[None, :]
        seen = (distance >= 0) & (distance < (attention.window or count))
        scores = np.where(seen, scores, np.float32(-1e30))
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        mixed = np.einsum("nts,snh->tnh", weights, v).reshape(count, -1)
        return self.linear(f"{name}.o_proj", mixed)

    def feed_forward(self, name: str, x: Array) -> Array:
        gate = _gelu(self.linear(f"{name}.gate_proj", x))
        return self.linear(f"{name}.down_proj", gate * self.linear(f"{name}.up_proj", x))


def attentions(config: Mapping[str, Any]) -> Iterator[Attention]:
    """Yield one entry per layer, from a config in the format of transformers 4 or 5.

    Raises:
        ExportError: Rotary positions are scaled in an unsupported way, or `layer_types` is wrong.
    """
    shape = ModelShape.from_config(config)
    every = int(_number(config, "sliding_window_pattern", shape.family.global_every)) or 1
    default = ["sliding" if (i + 1) % every else "full" for i in range(shape.layers)]
    kinds = config.get("layer_types") or [f"{kind}_attention" for kind in default]
    if not isinstance(kinds, list) or len(kinds) != shape.layers:
        raise ExportError(f"config.json: layer_types {kinds!r:.200} for {shape.layers} layers")
    window = _optional(config, "sliding_window")
    by_kind = {
        "sliding_attention": Attention(
            None if window is None else int(window), *_rotary(config, shape.family, local=True)
        ),
        "full_attention": Attention(None, *_rotary(config, shape.family, local=False)),
    }
    for kind in kinds:
        if kind not in by_kind:
            raise ExportError(f"config.json: layer_types has {kind!r:.200}, which is unknown")
        yield by_kind[kind]


def _rotary(config: Mapping[str, Any], family: Family, *, local: bool) -> tuple[float, float]:
    """Rotary base and linear scaling factor of the local or the global layers.

    transformers 5 writes `rope_parameters`, a table per kind of layer; before that the keys were
    flat, and those of a family with a `local_theta` other than `rope_local_base_freq` were for
    global layers only.
    """
    separate = local and family.local_theta is not None
    theta = family.local_theta if separate else family.global_theta
    key = "rope_local_base_freq" if separate else "rope_theta"
    flat = {} if separate else _table(config, "rope_scaling")
    rope = _table(config, "rope_parameters")
    kind = "sliding_attention" if local else "full_attention"
    # A flat `rope_parameters` is for every layer.
    rope = _table(rope, kind) if kind in rope else {} if separate else rope
    table = {"rope_theta": config.get(key)} | flat | rope
    scaling = table.get("rope_type", table.get("type", "default"))
    if scaling not in ("default", "linear"):
        raise ExportError(
            f"config.json scales rotary positions by {scaling!r:.200}; only 'linear' is supported"
        )
    factor = _number(table, "factor", 1.0) if scaling == "linear" else 1.0
    return _number(table, "rope_theta", theta), factor


def _table(config: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = config.get(key) or {}
    if not isinstance(value, dict):
        raise ExportError(f"config.json: {key} is {value!r:.200}; it must be an object")
    return value


def _optional(config: Mapping[str, Any], key: str) -> float | None:
    return None if config.get(key) is None else _number(config, key, 0.0)


def _number(config: Mapping[str, Any], key: str, default: float | None) -> float:
    """The positive number under `key`, or the default if there is no value."""
    value = default if config.get(key) is None else config[key]
    if not isinstance(value, int | float) or not 0 < value < LARGE:
        raise ExportError(f"config.json: {key} is {value!r:.200}; it must be a positive number")
    return float(value)


def _rotate(x: Array, attention: Attention) -> Array:
    """Apply rotary positions to `[T, N, H]`, rotating one half against the other."""
    half = x.shape[-1] // 2
    frequency = attention.theta ** (-np.arange(half) / half) / attention.factor
    angle = (np.arange(len(x))[:, None] * frequency)[:, None, :]
    sin, cos = np.sin(angle).astype(np.float32), np.cos(angle).astype(np.float32)
    left, right = x[..., :half], x[..., half:]
    return np.concatenate([left * cos - right * sin, right * cos + left * sin], axis=-1)


def _soft_cap(x: Array, cap: float | None) -> Array:
    return x if cap is None else np.tanh(x / np.float32(cap)) * np.float32(cap)


def _gelu(x: Array) -> Array:
    """GELU in the tanh approximation."""
    inner = np.float32(np.sqrt(2 / np.pi)) * (x + np.float32(0.044715) * x**3)
    y: Array = np.float32(0.5) * x * (1 + np.tanh(inner))
    return y


def _in_float32(embedding: Array) -> Iterator[Array]:
    for start in range(0, len(embedding), ROWS):
        yield embedding[start : start + ROWS].astype(np.float32)
