"""The head, met by the states that matter, a chunk at a time.

Gemma's head has 262,144 rows (Gemma 2: 256,000). States that predict wanted tokens are brought
together; chunks without any are passed over, and no logits outlive their chunk.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
from flax import nnx
from jax.interpreters import pxla

from reasoning_train.engine.gemma import Policy, embedding, final_softcap, softcapped
from reasoning_train.engine.model import trained_type

LEAST = -1e30
"""A logit that leaves no probability, and times 0 is 0, as that of minus infinity is not."""

Chunk = Callable[[jax.Array, jax.Array], tuple[jax.Array, ...]]


class TokenLogps(NamedTuple):
    """Both of one shape, float32, and 0 where none was wanted. The entropy has no gradient."""

    logps: jax.Array
    entropy: jax.Array


class Head(NamedTuple):
    """What is fixed of the head.

    Attributes:
        softcap: How its logits are bent, if they are.
        temperature: Divides them.
        trained: Whether its table is trained.
        never: A token that the policy cannot say, if there is one.
    """

    softcap: float | None
    temperature: float
    trained: bool
    never: int | None = None


def head_logps(
    model: Policy,
    states: jax.Array,
    targets: jax.Array,
    wanted: jax.Array,
    *,
    temperature: float,
    columns: int,
    never: int | None = None,
) -> TokenLogps:
    """Log-probabilities and entropies of `targets [B, N]` predicted by `states [B, N, D]`.

    Args:
        model: Whose head it is.
        states: As `pop_hidden_states` gives them.
        targets: Token ids.
        wanted: `[B, N]`; elsewhere the result is 0.
        temperature: Divides the logits, as the sampler does.
        columns: `B * columns` rows of logits live at a time.
        never: A token that is never drawn: the others' probabilities sum to 1 without it.

    Returns:
        `[B, N]`.
    """
    batch, length = targets.shape
    wanted = wanted.reshape(_groups(batch), -1)
    order = jnp.argsort(~wanted, axis=1, stable=True)  # the wanted first
    logps, entropy = _in_chunks(
        Head(final_softcap(model), temperature, trained_type(model) is nnx.Param, never),
        embedding(model),
        jnp.take_along_axis(states.reshape(*wanted.shape, -1), order[..., None], axis=1),
        jnp.take_along_axis(targets.reshape(wanted.shape), order, axis=1),
        wanted.sum(axis=1).max(),
        size=batch // len(wanted) * columns,
    )
    back = jnp.argsort(order, axis=1)

    def as_batch(x: jax.Array) -> jax.Array:
        found = jnp.take_along_axis(x, back, axis=1)
        return jnp.where(wanted, found, 0.0).reshape(batch, length)

    return TokenLogps(as_batch(logps), jax.lax.stop_gradient(as_batch(entropy)))


def _groups(batch: int) -> int:
    """Rows of one device make a group: bringing their states in order needs no other device."""
    mesh = pxla.thread_resources.env.physical_mesh
    devices = 1 if mesh.empty else mesh.size
    return devices if batch % devices == 0 else 1


def _in_chunks(
    head: Head,
    table: jax.Array,
    states: jax.Array,
    targets: jax.Array,
    count: jax.Array,
    *,
    size: int,
) -> tuple[jax.Array, jax.Array]:
    """Log-probabilities and entropies `[G, N]` of `states [G, N, D]`, `size` at a time.

    Only the first `count` of each group are wanted; the chunks after them are zeros.
    """
    groups, rows = targets.shape
    size = min(size, rows)
    chunks = -(-rows // size)

    def split(x: jax.Array) -> jax.Array:
        padding = [(0, 0), (0, chunks * size - rows), *[(0, 0)] * (x.ndim - 2)]
        return jnp.pad(x, padding).reshape(groups, chunks, size, *x.shape[2:]).swapaxes(0, 1)

    needed = -(-count // size)
    found = _chunked_logps(head, table, split(states), split(targets), needed)

    def join(x: jax.Array) -> jax.Array:
        return x.swapaxes(0, 1).reshape(groups, chunks * size)[:, :rows]

    return join(found[0]), join(found[1])


def _chunk_logps(
    head: Head, table: jax.Array, states: jax.Array, targets: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Of `states [G, size, D]`, in float32."""
    logits = jnp.dot(states, table.T, preferred_element_type=jnp.float32)
    logits = softcapped(logits, head.softcap) / head.temperature
    if head.never is not None:
        logits = logits.at[..., head.never].set(LEAST)
    normaliser = jax.nn.logsumexp(logits, axis=-1)
    target = jnp.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]
    mean_logit = jnp.sum(jax.nn.softmax(logits, axis=-1) * logits, axis=-1)
    return target - normaliser, normaliser - mean_logit


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _chunked_logps(
    head: Head, table: jax.Array, states: jax.Array, targets: jax.Array, needed: jax.Array
) -> tuple[jax.Array, ...]:
    """Log-probabilities and entropies `[chunks, G, size]` of the first `needed` chunks.

    A token's log-probability depends on its own state alone, so its gradient there is one row
    `[D]`. It is taken while the logits are at hand, and the backward pass only scales it; logits
    are computed again for the gradient of the table alone, where that is trained.
    """
    return _loop(partial(_chunk_logps, head, table), states, targets, needed)


def _forward(
    head: Head, table: jax.Array, states: jax.Array, targets: jax.Array, needed: jax.Array
) -> tuple[tuple[jax.Array, ...], tuple[Any, ...]]:
    def with_slope(states: jax.Array, targets: jax.Array) -> tuple[jax.Array, ...]:
        logps, pull, entropy = jax.vjp(
            lambda x: _chunk_logps(head, table, x, targets), states, has_aux=True
        )
        (slope,) = pull(jnp.ones_like(logps))
        return logps, entropy, slope

    logps, entropy, slope = _loop(with_slope, states, targets, needed)
    again = (table, states, targets, needed) if head.trained else None
    return (logps, entropy), (slope, again)


def _backward(
    head: Head, residuals: tuple[Any, ...], cotangents: tuple[jax.Array, ...]
) -> tuple[jax.Array | None, jax.Array, None, None]:
    slope, again = residuals
    of_logps = cotangents[0]
    of_states = slope * of_logps[..., None].astype(slope.dtype)
    return None if again is None else _of_table(head, of_logps, *again), of_states, None, None


_chunked_logps.defvjp(_forward, _backward)


def _of_table(
    head: Head,
    of_logps: jax.Array,
    table: jax.Array,
    states: jax.Array,
    targets: jax.Array,
    needed: jax.Array,
) -> jax.Array:
    """Gradient `[V, D]`, added up in float32."""

    def add(index: jax.Array, total: jax.Array) -> jax.Array:
        _, pull = jax.vjp(lambda x: _chunk_logps(head, x, states[index], targets[index])[0], table)
        (found,) = pull(of_logps[index])
        return total + cast(jax.Array, found).astype(jnp.float32)

    total = jax.lax.fori_loop(0, needed, add, jnp.zeros(table.shape, jnp.float32))
    return cast(jax.Array, total).astype(table.dtype)


def _loop(
    f: Chunk, states: jax.Array, targets: jax.Array, needed: jax.Array
) -> tuple[jax.Array, ...]:
    """`f` of the first `needed` chunks, zeros for the others."""
    shapes = jax.eval_shape(f, states[0], targets[0])
    found = tuple(jnp.zeros((len(states), *x.shape), x.dtype) for x in shapes)

    def one(index: jax.Array, found: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        chunk = f(states[index], targets[index])
        return tuple(whole.at[index].set(part) for whole, part in zip(found, chunk, strict=True))

    return cast(tuple[jax.Array, ...], jax.lax.fori_loop(0, needed, one, found))
