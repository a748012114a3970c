"""Gemma's forward pass as a function of its weights, with attention left to the caller.

It computes what Tunix's modules compute, in the same order and types, so that the policy that
samples is the policy that is trained. What differs is what surrounds it: caches, masks, padding.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp

from reasoning_train.engine.gemma import softcapped

EPSILON = 1e-6
MASKED = -2.3819763e38
"""Tunix's logit of what must not be seen; finite in bfloat16 too."""


@dataclass(frozen=True, slots=True)
class LayerShape:
    """What is fixed of one layer's attention.

    Attributes:
        window: How many tokens it sees, itself counted; None for all.
        rope_base: Base frequency of its rotary embedding.
        rope_scale: Divides its positions.
    """

    window: int | None
    rope_base: int
    rope_scale: float


@dataclass(frozen=True, slots=True)
class ModelShape:
    """What is fixed of a model; hashable, so that a program can be compiled for it.

    Attributes:
        heads: Query heads.
        kv_heads: Key-value heads, each shared by `heads / kv_heads` query heads.
        head_dim: Width of a head.
        query_scale: Multiplies queries.
        attention_softcap: Bends attention logits (Gemma 2).
        final_softcap: Bends the head's logits (Gemma 2).
        adapter_scale: Multiplies what adapters add.
        layers: Its layers.
    """

    heads: int
    kv_heads: int
    head_dim: int
    query_scale: float
    attention_softcap: float | None
    final_softcap: float | None
    adapter_scale: float
    layers: tuple[LayerShape, ...]


class Linear(NamedTuple):
    """`weight [in, out]` and, where an adapter stays apart, its factors `[in, r]` and `[r, out]`.

    `in` may be several axes.
    """

    weight: jax.Array
    down: jax.Array | None = None
    up: jax.Array | None = None


class LayerWeights(NamedTuple):
    """One layer; `gate_up` is one product or two. Gemma 2 has no norms of queries and keys."""

    before_attention: jax.Array
    qkv: Linear
    query_norm: jax.Array | None
    key_norm: jax.Array | None
    output: Linear
    after_attention: jax.Array
    before_ffw: jax.Array
    gate_up: tuple[Linear, ...]
    down: Linear
    after_ffw: jax.Array


class Weights(NamedTuple):
    """A model: `embedding [V, D]`, which is its head too."""

    embedding: jax.Array
    layers: tuple[LayerWeights, ...]
    final_norm: jax.Array


class KeysValues(NamedTuple):
    """Keys and values of one layer, of one shape."""

    keys: jax.Array
    values: jax.Array


Attend = Callable[[int, jax.Array, KeysValues], jax.Array]
"""Of a layer's number, its queries `[..., heads, H]` and the new keys and values `[..., kv_heads,
H]`: what the queries see, `[..., heads, H]`."""


def hidden_states(
    shape: ModelShape, weights: Weights, tokens: jax.Array, positions: jax.Array, attend: Attend
) -> jax.Array:
    """States `[..., D]` that the head is applied to.

    Args:
        shape: The model's.
        weights: The model's.
        tokens: Of any shape `[...]`.
        positions: Of the tokens, in the same shape.
        attend: Attention, which is where caches are read and written.
    """
    x = weights.embedding[tokens]
    x = x * jnp.sqrt(x.shape[-1]).astype(x.dtype)
    rotations = {
        (layer.rope_base, layer.rope_scale): _rotation(positions, shape.head_dim, layer)
        for layer in shape.layers
    }
    for number, (layer, w) in enumerate(zip(shape.layers, weights.layers, strict=True)):
        rotation = rotations[layer.rope_base, layer.rope_scale]
        seen = _attention(shape, w, number, rms_norm(x, w.before_attention), rotation, attend)
        x = x + rms_norm(seen, w.after_attention)
        x = x + rms_norm(_feed_forward(shape, w, rms_norm(x, w.before_ffw)), w.after_ffw)
    return rms_norm(x, weights.final_norm)


def head_logits(shape: ModelShape, weights: Weights, states: jax.Array) -> jax.Array:
    """Logits `[..., V]` in float32, as the loss has them."""
    logits = jnp.dot(states, weights.embedding.T, preferred_element_type=jnp.float32)
    return softcapped(logits, shape.final_softcap)


def rms_norm(x: jax.Array, scale: jax.Array) -> jax.Array:
    """`x / rms(x) · (1 + scale)` (arXiv 1910.07467), in the type of `x` as Tunix has it."""
    mean_square = jnp.mean(jnp.square(x), axis=-1, keepdims=True)
    return x * jax.lax.rsqrt(mean_square + EPSILON) * (1 + scale)


def attention_logits(shape: ModelShape, products: jax.Array) -> jax.Array:
    """Products of queries and keys, bent where the model bends them."""
    return softcapped(products, shape.attention_softcap)


def _attention(
    shape: ModelShape,
    w: LayerWeights,
    number: int,
    x: jax.Array,
    rotation: tuple[jax.Array, jax.Array],
    attend: Attend,
) -> jax.Array:
    projected = _linear(shape, w.qkv, x)
    projected = projected.reshape(*x.shape[:-1], -1, shape.head_dim)
    edges = (shape.heads, shape.heads + shape.kv_heads)
    queries, keys, values = jnp.split(projected, edges, axis=-2)
    if w.query_norm is not None and w.key_norm is not None:
        queries, keys = rms_norm(queries, w.query_norm), rms_norm(keys, w.key_norm)
    queries = _rotated(queries, rotation) * shape.query_scale
    seen = attend(number, queries, KeysValues(_rotated(keys, rotation), values))
    return _linear(shape, w.output, seen.reshape(*x.shape[:-1], -1))


def _feed_forward(shape: ModelShape, w: LayerWeights, x: jax.Array) -> jax.Array:
    if len(w.gate_up) == 1:
        gate, up = jnp.split(_linear(shape, w.gate_up[0], x), 2, axis=-1)
    else:
        gate, up = (_linear(shape, part, x) for part in w.gate_up)
    return _linear(shape, w.down, jax.nn.gelu(gate) * up)


def _linear(shape: ModelShape, linear: Linear, x: jax.Array) -> jax.Array:
    y = x @ _matrix(linear.weight)
    if linear.down is None or linear.up is None:
        return y
    return y + (x @ _matrix(linear.down)) @ linear.up * shape.adapter_scale


def _matrix(weight: jax.Array) -> jax.Array:
    """`[heads, H, out]`, as Tunix has the weights after attention, as `[in, out]`."""
    return weight.reshape(-1, weight.shape[-1])


def _rotation(
    positions: jax.Array, head_dim: int, layer: LayerShape
) -> tuple[jax.Array, jax.Array]:
    """Sines and cosines `[..., 1, H/2]` (RoFormer, arXiv 2104.09864), in float32."""
    fraction = 2 * jnp.arange(head_dim // 2) / head_dim
    angles = positions[..., None, None] / layer.rope_base**fraction / layer.rope_scale
    return jnp.sin(angles), jnp.cos(angles)


def _rotated(x: jax.Array, rotation: tuple[jax.Array, jax.Array]) -> jax.Array:
    sin, cos = rotation
    first, second = jnp.split(x, 2, axis=-1)
    turned = [first * cos - second * sin, second * cos + first * sin]
    return jnp.concatenate(turned, axis=-1).astype(x.dtype)
