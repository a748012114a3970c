"""Token log-probabilities without the logits of everything.

The model gives hidden states; those that predict completion tokens meet the head.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from reasoning_train.engine.gemma import Policy, pop_hidden_states
from reasoning_train.engine.head import TokenLogps, head_logps


def attention_inputs(segments: jax.Array) -> tuple[jax.Array, jax.Array]:
    """What the model is told of rows that hold one example or several, one after another.

    Args:
        segments: `[B, T]`, 0 at padding, another number for each example of a row.

    Returns:
        Positions `[B, T]`, counted from 0 in each example, and a mask `[B, T, T]`: causal, within
        the example, without padding.
    """
    index = jnp.arange(segments.shape[1])
    begins = jnp.pad(segments[:, 1:] != segments[:, :-1], ((0, 0), (1, 0)))
    start = jax.lax.cummax(jnp.where(begins, index, 0), axis=1)
    real = segments != 0
    same = segments[:, :, None] == segments[:, None, :]
    mask = (index[:, None] >= index) & same & real[:, None, :]
    return jnp.where(real, index - start, 0), mask


def prompt_tokens(prompt_ids: jax.Array, pad_id: int) -> jax.Array:
    """Which places of left-padded prompts hold a token: all from the first that is no padding."""
    return jax.lax.cummax((prompt_ids != pad_id).astype(jnp.int32), axis=1) != 0


def completion_tokens(completion_ids: jax.Array, pad_id: int) -> jax.Array:
    """Which places of right-padded completions hold a token: all up to the last but padding.

    By length and not by id: a padding token amid a completion is a token, or those after it would
    be read at other positions than they were written at.
    """
    real = (completion_ids != pad_id).astype(jnp.int32)
    return jax.lax.cummax(real, axis=1, reverse=True) != 0


def completion_logps(
    model: Policy,
    prompt_ids: jax.Array,
    completion_ids: jax.Array,
    *,
    pad_id: int,
    wanted: jax.Array | None = None,
    temperature: float = 1.0,
    columns: int = 8,
    never: int | None = None,
) -> TokenLogps:
    """Log-probability of each completion token given all before it, and the entropy there.

    Args:
        model: The policy; left as it was.
        prompt_ids: Left-padded, `[B, P]`.
        completion_ids: Right-padded, `[B, C]`.
        pad_id: The padding token.
        wanted: `[B, C]`, tokens that count, if not all but padding: the head is not computed for
            others.
        temperature: Divides the logits, as the sampler does.
        columns: `B * columns` rows of logits live at a time.
        never: A token that is never sampled, the padding where completions are the policy's own.

    Returns:
        `[B, C]`.
    """
    tokens = jnp.concatenate([prompt_ids, completion_ids], axis=1)
    completed = completion_tokens(completion_ids, pad_id)
    real = jnp.concatenate([prompt_tokens(prompt_ids, pad_id), completed], axis=1)
    hidden = hidden_states(model, tokens, real.astype(jnp.int32))
    return head_logps(
        model,
        hidden[:, -completion_ids.shape[1] - 1 : -1],
        completion_ids,
        completed if wanted is None else wanted,
        temperature=temperature,
        columns=columns,
        never=never,
    )


def packed_logps(
    model: Policy,
    tokens: jax.Array,
    segments: jax.Array,
    wanted: jax.Array,
    *,
    columns: int = 8,
) -> TokenLogps:
    """Log-probabilities in rows that hold several examples one after another.

    Args:
        model: The policy; left as it was.
        tokens: `[B, T]`.
        segments: `[B, T]`, as in `attention_inputs`.
        wanted: `[B, T]`, the tokens whose log-probabilities are wanted; never an example's first.
        columns: `B * columns` rows of logits live at a time.

    Returns:
        `[B, T]`.
    """
    hidden = hidden_states(model, tokens, segments)
    found = head_logps(
        model, hidden[:, :-1], tokens[:, 1:], wanted[:, 1:], temperature=1.0, columns=columns
    )
    return TokenLogps(*(jnp.pad(x, ((0, 0), (1, 0))) for x in found))


def hidden_states(model: Policy, tokens: jax.Array, segments: jax.Array) -> jax.Array:
    """Return what the head would be given, `[B, T, D]`.

    Args:
        model: The policy; left as it was.
        tokens: `[B, T]`.
        segments: `[B, T]`, as in `attention_inputs`.
    """
    # Sowing changes the module: work on one of our own.
    graphdef, state = nnx.split(model)
    own = nnx.merge(graphdef, state)
    positions, mask = attention_inputs(segments)
    # The logits are not used, and compiled away.
    own(tokens, positions, None, mask, output_hidden_states=True)
    return pop_hidden_states(own)


@partial(jax.jit, static_argnames=("pad_id", "temperature", "columns"))
def reference_logps(
    graphdef: nnx.GraphDef[Policy],
    state: Any,
    prompt_ids: jax.Array,
    completion_ids: jax.Array,
    *,
    pad_id: int,
    temperature: float,
    columns: int,
) -> jax.Array:
    """`[B, C]` log-probabilities under a frozen policy given as `nnx.split(model)`.

    Of a policy that never says padding, like the one that is trained.
    """
    return completion_logps(
        nnx.merge(graphdef, state),
        prompt_ids,
        completion_ids,
        pad_id=pad_id,
        temperature=temperature,
        columns=columns,
        never=pad_id,
    ).logps
