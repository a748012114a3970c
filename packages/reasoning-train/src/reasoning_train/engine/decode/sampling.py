"""Draw tokens from logits exactly, without noise for every token of the vocabulary.

Gumbel noise over Gemma's 262,144 logits costs more than the head that makes them. The inverse of
the cumulative distribution needs two uniform numbers instead: one chooses a block of the vocabulary
by its probability, the other a token by its probability within the block.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from reasoning_train.engine.head import LEAST

BLOCK = 512
"""Tokens of a block: about the square root of the vocabulary."""


class Drawing(NamedTuple):
    """How tokens are drawn, as scalars.

    Attributes:
        temperature: Divides the logits.
        stop: The token that ends a completion.
        never: The token that is never drawn: padding.
    """

    temperature: jax.Array
    stop: jax.Array
    never: jax.Array


def drawing_of(temperature: float, stop: int, never: int) -> Drawing:
    """The scalars of these numbers."""
    return Drawing(jnp.float32(temperature), jnp.int32(stop), jnp.int32(never))


class Drawn(NamedTuple):
    """Tokens and their log-probabilities, of one shape; 0 where tokens were not drawn by chance."""

    tokens: jax.Array
    logps: jax.Array


def draw(
    logits: jax.Array, keys: jax.Array, number: jax.Array | int, drawing: Drawing, *, greedy: bool
) -> Drawn:
    """Draw the next token of every row.

    Args:
        logits: `[N, V]` in float32.
        keys: `[N, G, 2]`: the keys of the `G` rows that these logits are for.
        number: How many tokens the completions have.
        drawing: How.
        greedy: Take the most probable token instead.

    Returns:
        `[N, G]`.
    """
    logits = jnp.where(jnp.arange(logits.shape[-1]) == drawing.never, LEAST, logits)
    rows, group = keys.shape[:2]
    if greedy:
        best = jnp.argmax(logits, axis=-1).astype(jnp.int32)
        tokens = jnp.broadcast_to(best[:, None], (rows, group))
        return Drawn(tokens, jnp.zeros((rows, group), jnp.float32))
    return two_level(logits / drawing.temperature, _uniform(keys, number))


def two_level(logits: jax.Array, uniform: jax.Array, block: int = BLOCK) -> Drawn:
    """Invert the cumulative distribution of softmax in two steps.

    Args:
        logits: `[N, V]`.
        uniform: `[N, G, 2]`, each in (0, 1].
        block: Tokens of a block.

    Returns:
        `[N, G]`; a token whose probability is 0 is never among them.
    """
    size = logits.shape[-1]
    logits = jnp.pad(logits, ((0, 0), (0, -size % block)), constant_values=LEAST)
    highest = jnp.max(logits, axis=-1, keepdims=True)
    weights = jnp.exp(logits - highest).reshape(len(logits), -1, block)
    of_blocks = jnp.sum(weights, axis=-1)
    chosen = _invert(of_blocks[:, None], uniform[..., 0])
    within = jnp.take_along_axis(weights, chosen[..., None], axis=1)
    inside = _invert(within, uniform[..., 1])
    weight = jnp.take_along_axis(within, inside[..., None], axis=-1)[..., 0]
    total = jnp.sum(of_blocks, axis=-1, keepdims=True)
    return Drawn(chosen * block + inside, jnp.log(weight) - jnp.log(total))


def _invert(weights: jax.Array, uniform: jax.Array) -> jax.Array:
    """The first place of `weights [..., n]` where their sum so far reaches `uniform [...]` of all.

    A weight of 0 is no such place, whatever a sum that is rounded in another order says.
    """
    sums = jnp.cumsum(weights, axis=-1)
    reached = (sums >= uniform[..., None] * sums[..., -1:]) & (weights > 0)
    likeliest = jnp.argmax(weights, axis=-1)
    place = jnp.where(jnp.any(reached, axis=-1), jnp.argmax(reached, axis=-1), likeliest)
    return place.astype(jnp.int32)


def _uniform(keys: jax.Array, number: jax.Array | int) -> jax.Array:
    """Two numbers in (0, 1] a key, which follow from the key and the token's number alone."""

    def of_row(key: jax.Array) -> jax.Array:
        return 1 - jax.random.uniform(jax.random.fold_in(key, number), (2,))

    return jax.vmap(jax.vmap(of_row))(keys)
