"""Take the weights that decoding needs out of a policy, adapters merged where that is exact."""

from functools import partial
from typing import Any, cast

import jax
import jax.numpy as jnp
from flax import nnx
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from tunix.models.gemma import model as gemma2
from tunix.models.gemma3 import model as gemma3

from reasoning_train.engine.abstract import bytes_a_chip
from reasoning_train.engine.decode.transformer import (
    LayerShape,
    LayerWeights,
    Linear,
    ModelShape,
    Weights,
)
from reasoning_train.engine.gemma import Policy, embedding, final_softcap
from reasoning_train.engine.model import adapter_scale

LOCAL = (gemma2.AttentionType.LOCAL_SLIDING, gemma3.AttentionType.LOCAL_SLIDING)
FUSED = frozenset({"qkv_einsum", "q_einsum", "kv_einsum"})
"""Tunix's products that are one here."""
GEMMA2_ROPE_BASE = 10_000
"""Fixed in Tunix's Gemma 2."""


def model_shape(policy: Policy) -> ModelShape:
    """What is fixed of a policy."""
    first = cast(Any, policy.layers[0]).attn
    return ModelShape(
        heads=first.num_heads,
        kv_heads=first.num_kv_heads,
        head_dim=first.head_dim,
        query_scale=getattr(first, "query_pre_attn_scalar", first.head_dim**-0.5),
        attention_softcap=getattr(first, "attn_logits_soft_cap", None),
        final_softcap=final_softcap(policy),
        adapter_scale=adapter_scale(policy),
        layers=tuple(_layer_shape(layer.attn) for layer in policy.layers),
    )


def decoder_weights(policy: Policy, mesh: Mesh) -> Weights:
    """The policy's weights as decoding wants them, whole on every device of the mesh.

    Weights that lie in parts are gathered once here, not at every token. Arrays that need no change
    and no gathering are the policy's own. In float32 adapters are merged and products of one input
    made one; the log-probabilities that follow differ by rounding alone. In bfloat16 a merged
    weight would lose most digits of a small adapter, so adapters stay apart.
    """
    whole = NamedSharding(mesh, PartitionSpec())
    placed = jax.device_put(_weights(policy), whole)
    return cast(Weights, placed)


def abstract_weights(policy: Policy, mesh: Mesh) -> Weights:
    """`decoder_weights` of a policy of shapes."""
    graphdef, state = nnx.split(policy)
    shapes = jax.eval_shape(lambda s: _weights(nnx.merge(graphdef, s)), state)
    whole = NamedSharding(mesh, PartitionSpec())
    return cast(
        Weights,
        jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=whole), shapes),
    )


def bytes_beside(policy: Policy) -> int:
    """Bytes a device of the policy's arrays that are not the very ones that decoding uses."""
    merged = embedding(policy).dtype == jnp.float32
    leaves = ((path, leaf.get_value()) for path, leaf in nnx.to_flat_state(nnx.state(policy)))
    return sum(
        bytes_a_chip(x)
        for path, x in leaves
        if merged or not x.sharding.is_fully_replicated or FUSED.intersection(path)
    )


def _weights(policy: Policy) -> Weights:
    table = embedding(policy)
    scale = adapter_scale(policy)
    merge = table.dtype == jnp.float32
    layers = tuple(_layer(layer, scale, merge) for layer in policy.layers)
    return Weights(table, layers, _value(policy.final_norm.scale))


def _layer_shape(attention: Any) -> LayerShape:
    local = attention.attn_type in LOCAL
    return LayerShape(
        attention.sliding_window_size if local else None,
        getattr(attention, "rope_base_frequency", GEMMA2_ROPE_BASE),
        getattr(attention, "rope_scale_factor", 1.0),
    )


def _layer(layer: Any, scale: float, merge: bool) -> LayerWeights:
    attention, ffw = layer.attn, layer.mlp
    names = ("qkv_einsum",) if attention.use_qkv_einsum else ("q_einsum", "kv_einsum")
    qkv = tuple(_linear(getattr(attention, name), "w") for name in names)
    gate_up = tuple(_linear(part, "kernel") for part in (ffw.gate_proj, ffw.up_proj))
    output, down = _linear(attention.attn_vec_einsum, "w"), _linear(ffw.down_proj, "kernel")
    if merge:
        gate_up = (_merged(gate_up, scale=scale),)
        output, down = (_merged((part,), scale=scale) for part in (output, down))
    is_gemma3 = hasattr(attention, "_query_norm")
    after_attention = layer.post_attention_norm if is_gemma3 else layer.post_attn_norm
    return LayerWeights(
        before_attention=_value(layer.pre_attention_norm.scale),
        qkv=_merged(qkv, scale=scale, by_heads=True) if merge else _side_by_side(qkv),
        query_norm=_value(attention._query_norm.scale) if is_gemma3 else None,
        key_norm=_value(attention._key_norm.scale) if is_gemma3 else None,
        output=output,
        after_attention=_value(after_attention.scale),
        before_ffw=_value(layer.pre_ffw_norm.scale),
        gate_up=gate_up,
        down=down,
        after_ffw=_value(layer.post_ffw_norm.scale),
    )


def _linear(module: Any, name: str) -> Linear:
    """A product's weight and its adapter's factors, as Tunix and qwix lay them."""
    factors = (getattr(module, f"{name}_lora_{factor}", None) for factor in "ab")
    return Linear(_value(getattr(module, name)), *(x and _value(x) for x in factors))


def _value(variable: Any) -> jax.Array:
    return cast(jax.Array, variable.get_value())


@partial(jax.jit, static_argnames=("scale", "by_heads"))
def _merged(parts: tuple[Linear, ...], *, scale: float, by_heads: bool = False) -> Linear:
    """Products of one input as one, each `W + scale · A B` (arXiv 2106.09685)."""
    found = []
    for part in parts:
        weight = _by_input(part.weight) if by_heads else _by_output(part.weight)
        if part.down is not None and part.up is not None:
            weight += scale * (_by_output(part.down) @ part.up.reshape(len(part.up), -1))
        found.append(weight)
    return Linear(jnp.concatenate(found, axis=1))


@jax.jit
def _side_by_side(parts: tuple[Linear, ...]) -> Linear:
    """Projections of one input as one; of adapters, which stay apart, the factors side by side."""
    weights = [_by_input(part.weight) for part in parts]
    adapters = [
        (part.down, part.up.reshape(len(part.up), -1), sum(w.shape[1] for w in weights[:place]))
        for place, part in enumerate(parts)
        if part.down is not None and part.up is not None
    ]
    weight = jnp.concatenate(weights, axis=1)
    if not adapters:
        return Linear(weight)
    down = jnp.concatenate([factor for factor, _, _ in adapters], axis=1)
    up = jnp.zeros((down.shape[1], weight.shape[1]), weight.dtype)
    row = 0
    for _, factor, column in adapters:
        up = jax.lax.dynamic_update_slice(up, factor, (row, column))
        row += len(factor)
    return Linear(weight, down, up)


def _by_input(weight: jax.Array) -> jax.Array:
    """A projection `[..., heads, in, H]` as `[in, out]`."""
    return jnp.moveaxis(weight, -2, 0).reshape(weight.shape[-2], -1)


def _by_output(weight: jax.Array) -> jax.Array:
    """A weight `[..., out]` as `[in, out]`."""
    return weight.reshape(-1, weight.shape[-1])
