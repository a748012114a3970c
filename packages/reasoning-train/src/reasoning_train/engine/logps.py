"""Token log-probabilities of completions without the logits of everything.

Gemma's head has 262,144 rows. Whole logits of a batch are its largest tensor by far, and prompt
tokens do not need them. Here the model gives hidden states, only those that predict completion
tokens are kept, and the head is applied to a few columns at a time, recomputed in the backward
pass.
"""

from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
from flax import nnx
from tunix.models.gemma3.model import Gemma3


class CompletionLogps(NamedTuple):
    """Both `[B, C]`, float32; entries at padding are meaningless and must be masked."""

    logps: jax.Array
    entropy: jax.Array


def attention_inputs(tokens: jax.Array, pad_id: int) -> tuple[jax.Array, jax.Array]:
    """Positions `[B, T]` not counting padding, and a causal mask `[B, T, T]` without it."""
    real = tokens != pad_id
    positions = jnp.maximum(jnp.cumsum(real, axis=-1) - 1, 0)
    length = tokens.shape[1]
    causal = jnp.tril(jnp.ones((length, length), dtype=bool))
    return positions, causal[None, :, :] & real[:, None, :]


def completion_logps(
    model: Gemma3,
    prompt_ids: jax.Array,
    completion_ids: jax.Array,
    *,
    pad_id: int,
    temperature: float = 1.0,
    columns: int = 8,
) -> CompletionLogps:
    """Log-probability of each completion token given all before it, and the entropy there.

    Args:
        model: The policy; left as it was.
        prompt_ids: Left-padded, `[B, P]`.
        completion_ids: Right-padded, `[B, C]`.
        pad_id: The padding token.
        temperature: Divides the logits, as the sampler does.
        columns: Completion positions per chunk: `B * columns` rows of logits live at a time.
    """
    graphdef, state = nnx.split(model)
    # Sowing changes the module: work on one of our own.
    own = nnx.merge(graphdef, state)
    tokens = jnp.concatenate([prompt_ids, completion_ids], axis=1)
    positions, mask = attention_inputs(tokens, pad_id)
    # The logits are not used, and compiled away.
    own(tokens, positions, None, mask, output_hidden_states=True)
    sown = cast(Any, nnx.pop(own, nnx.Intermediate))
    hidden = sown["all_hidden_states"].get_value()[0]

    batch, length = completion_ids.shape
    predicting = hidden[:, -length - 1 : -1]
    chunks = -(-length // columns)
    pad = chunks * columns - length
    predicting = jnp.pad(predicting, ((0, 0), (0, pad), (0, 0)))
    targets = jnp.pad(completion_ids, ((0, 0), (0, pad)))
    by_chunk = (
        predicting.reshape(batch, chunks, columns, -1).swapaxes(0, 1),
        targets.reshape(batch, chunks, columns).swapaxes(0, 1),
    )
    embedding = own.embedder.input_embedding.get_value()

    @jax.checkpoint
    def one_chunk(args: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        states, ids = args
        logits = jnp.dot(states, embedding.T).astype(jnp.float32) / temperature
        log_normaliser = jax.nn.logsumexp(logits, axis=-1)
        target = jnp.take_along_axis(logits, ids[..., None], axis=-1)[..., 0]
        mean_logit = jnp.sum(jax.nn.softmax(logits, axis=-1) * logits, axis=-1)
        return target - log_normaliser, jax.lax.stop_gradient(log_normaliser - mean_logit)

    logps, entropy = jax.lax.map(one_chunk, by_chunk)

    def whole(x: jax.Array) -> jax.Array:
        return x.swapaxes(0, 1).reshape(batch, chunks * columns)[:, :length]

    return CompletionLogps(whole(logps), whole(entropy))
