"""Attention through caches: a prompt's is its whole group's, a completion's is its own.

The completions of a group attend to one copy of their prompt's keys and values and to their own.
Layers with a window keep a completion's last `window` positions in a ring. A cache is one layer's
keys and values, each `[B, kv_heads, S, H]`.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from reasoning_train.engine.decode.transformer import (
    MASKED,
    KeysValues,
    LayerShape,
    ModelShape,
    attention_logits,
)


class Groups(NamedTuple):
    """Where rows belong among prompts, each of which has a group of rows.

    Attributes:
        place: `[B]`, counted over the groups, one after another.
        prompts: How many.
        size: Rows of a group.
    """

    place: jax.Array
    prompts: int
    size: int

    def spread(self, rows: jax.Array) -> jax.Array:
        """`[B, ...]` as `[prompts, size, ...]`, zeros where a row has left."""
        whole = self.prompts * self.size
        if len(rows) != whole:  # as long as none has left they are in order
            rows = jnp.zeros((whole, *rows.shape[1:]), rows.dtype).at[self.place].set(rows)
        return rows.reshape(self.prompts, self.size, *rows.shape[1:])

    def collect(self, spread: jax.Array) -> jax.Array:
        """The way back."""
        whole = spread.reshape(-1, *spread.shape[2:])
        return whole if len(whole) == len(self.place) else whole[self.place]


def empty_cache(
    shape: ModelShape, layer: LayerShape, rows: int, length: int, dtype: jnp.dtype
) -> KeysValues:
    """A layer's cache for completions of `length` tokens."""
    places = length if layer.window is None else min(length, layer.window)
    zeros = jnp.zeros((rows, shape.kv_heads, places, shape.head_dim), dtype)
    return KeysValues(zeros, jnp.copy(zeros))


def write(cache: KeysValues, number: jax.Array, new: KeysValues) -> KeysValues:
    """Put the keys and values `[B, kv_heads, H]` of every row's token of this number in."""
    at = (0, 0, number % cache.keys.shape[2], 0)
    pairs = zip(cache, new, strict=True)
    return KeysValues(*(jax.lax.dynamic_update_slice(x, y[:, :, None], at) for x, y in pairs))


def prompt_attention(
    shape: ModelShape, layer: LayerShape, queries: jax.Array, read: KeysValues
) -> jax.Array:
    """Causal attention within right-padded prompts; no token attends to the padding after it.

    Args:
        shape: The model's.
        layer: The layer's.
        queries: `[B, P, heads, H]`.
        read: The prompts' keys and values, `P` places.

    Returns:
        `[B, P, heads, H]`.
    """
    grouped = queries.reshape(*queries.shape[:2], shape.kv_heads, -1, shape.head_dim)
    logits = attention_logits(shape, jnp.einsum("bpkgh,bksh->bkgps", grouped, read.keys))
    index = jnp.arange(queries.shape[1])
    distance = index[:, None] - index
    seen = distance >= 0
    if layer.window is not None:
        seen &= distance < layer.window
    shares = jax.nn.softmax(jnp.where(seen, logits, MASKED), axis=-1).astype(queries.dtype)
    return jnp.einsum("bkgps,bksh->bpkgh", shares, read.values).reshape(queries.shape)


def token_attention(
    shape: ModelShape,
    layer: LayerShape,
    queries: jax.Array,
    *,
    groups: Groups,
    lengths: jax.Array,
    prompt: KeysValues,
    own: KeysValues,
    new: KeysValues,
    number: jax.Array,
) -> jax.Array:
    """Attention of one token a row to its prompt and to its completion so far, itself included.

    Args:
        shape: The model's.
        layer: The layer's.
        queries: `[B, heads, H]`.
        groups: Which prompt a row belongs to.
        lengths: `[M]`, of the prompts.
        prompt: Of the prompts, padded on the right.
        own: Of the rows, without this token.
        new: Of this token, each `[B, kv_heads, H]`.
        number: Of the token in its completion.

    Returns:
        `[B, heads, H]`.
    """
    grouped = queries.reshape(len(queries), shape.kv_heads, -1, shape.head_dim)
    index = jnp.arange(prompt.keys.shape[2])
    seen = index < lengths[:, None]
    if layer.window is not None:
        seen &= lengths[:, None] + number - index < layer.window
    at_prompt = jnp.einsum("mjkgh,mkph->mjkgp", groups.spread(grouped), prompt.keys)
    at_prompt = jnp.where(seen[:, None, None, None], attention_logits(shape, at_prompt), MASKED)
    # A ring that has come round is full; what the new token will replace has left the window.
    places = jnp.arange(own.keys.shape[2])
    seen_own = (places < number) & (places != number % len(places))
    at_own = jnp.einsum("bkgh,bksh->bkgs", grouped, own.keys)
    at_own = jnp.where(seen_own, attention_logits(shape, at_own), MASKED)
    at_new = attention_logits(shape, jnp.einsum("bkgh,bkh->bkg", grouped, new.keys))[..., None]
    both = jnp.concatenate([groups.collect(at_prompt), at_own, at_new], axis=-1)
    shares = jax.nn.softmax(both, axis=-1).astype(queries.dtype)
    of_prompt, of_own, of_new = jnp.split(shares, (len(index), len(index) + len(places)), axis=-1)
    from_prompt = jnp.einsum("mjkgp,mkph->mjkgh", groups.spread(of_prompt), prompt.values)
    from_own = jnp.einsum("bkgs,bksh->bkgh", of_own, own.values)
    from_new = of_new * new.values[:, :, None]
    return (groups.collect(from_prompt) + from_own + from_new).reshape(queries.shape)
