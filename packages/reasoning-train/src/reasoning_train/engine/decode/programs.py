"""The programs that decoding runs: read prompts, draw tokens until enough rows have ended, leave.

Each is one computation per device on that device's own rows; devices only tell one another how many
rows are left. So it makes no difference to a row on which device it lies, or among which others.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
from jax.sharding import Mesh, PartitionSpec

from reasoning_train.engine.decode.cache import (
    Groups,
    empty_cache,
    prompt_attention,
    token_attention,
    write,
)
from reasoning_train.engine.decode.sampling import Drawing, Drawn, draw
from reasoning_train.engine.decode.transformer import (
    KeysValues,
    ModelShape,
    Weights,
    head_logits,
    hidden_states,
)

AXIS = "fsdp"
BY_ROWS, WHOLE = PartitionSpec(AXIS), PartitionSpec()


@dataclass(frozen=True, slots=True)
class DecodeShape:
    """What a program is compiled for, besides the sizes of what it is given.

    Attributes:
        model: The model.
        mesh: Its devices.
        group: Completions of a prompt.
        prompt: Tokens that a prompt has at most.
        completion: Tokens that a completion has at most.
        greedy: Whether the most probable token is taken.
    """

    model: ModelShape
    mesh: Mesh
    group: int
    prompt: int
    completion: int
    greedy: bool


class Prompts(NamedTuple):
    """Prompts that were read: `lengths [M]`, and per layer keys and values."""

    lengths: jax.Array
    caches: tuple[KeysValues, ...]


class Rows(NamedTuple):
    """Completions under way, `B` of them, all of the same number of tokens.

    Attributes:
        place: `[B]`, among those of the device, as they were before any left.
        key: `[B, 2]`, of a row's noise.
        token: `[B]`, the last one.
        done: `[B]`, whether a row has ended.
        tokens: `[B, completion]`, so far.
        logps: `[B, completion]`, of these.
        caches: Per layer, keys and values of the tokens that were read.
    """

    place: jax.Array
    key: jax.Array
    token: jax.Array
    done: jax.Array
    tokens: jax.Array
    logps: jax.Array
    caches: tuple[KeysValues, ...]


@partial(jax.jit, static_argnames="shape")
def prefill(
    weights: Weights,
    ids: jax.Array,
    lengths: jax.Array,
    keys: jax.Array,
    drawing: Drawing,
    *,
    shape: DecodeShape,
) -> tuple[Prompts, Rows]:
    """Read prompts, each once, and draw the first token of each of its group's completions.

    Args:
        weights: The model's.
        ids: `[M, P]`, padded on the right.
        lengths: `[M]`; a prompt of length 0 stands for none, and its completions have ended.
        keys: `[M, group, 2]`.
        drawing: How tokens are drawn.
        shape: What this is compiled for.
    """
    given = (WHOLE, BY_ROWS, BY_ROWS, BY_ROWS, WHOLE)
    on_devices = _on_devices(shape, partial(_prefill, shape), given, BY_ROWS)
    return cast(tuple[Prompts, Rows], on_devices(weights, ids, lengths, keys, drawing))


@partial(jax.jit, static_argnames="shape", donate_argnames="rows")
def decode(
    weights: Weights,
    prompts: Prompts,
    rows: Rows,
    number: jax.Array,
    enough: jax.Array,
    drawing: Drawing,
    *,
    shape: DecodeShape,
) -> tuple[Rows, jax.Array]:
    """Draw tokens until no device has more than `enough` rows left, or completions are full.

    Args:
        weights: The model's.
        prompts: As `prefill` left them.
        rows: Completions of `number` tokens; their memory is used again.
        number: A scalar.
        enough: A scalar.
        drawing: How tokens are drawn.
        shape: What this is compiled for.

    Returns:
        The rows, and how many tokens they have now.
    """
    given = (WHOLE, BY_ROWS, BY_ROWS, WHOLE, WHOLE, WHOLE)
    on_devices = _on_devices(shape, partial(_decode, shape), given, (BY_ROWS, WHOLE))
    found = on_devices(weights, prompts, rows, number, enough, drawing)
    return cast(tuple[Rows, jax.Array], found)


@partial(jax.jit, static_argnames=("count", "shape"))
def leave(rows: Rows, *, count: int, shape: DecodeShape) -> Rows:
    """Keep `count` rows a device, those that have not ended among them."""

    def of_device(rows: Rows) -> Rows:
        kept = jnp.argsort(rows.done, stable=True)[:count]
        found: Rows = jax.tree.map(lambda x: x[kept], rows)
        return found

    return cast(Rows, _on_devices(shape, of_device, (BY_ROWS,), BY_ROWS)(rows))


def _on_devices(shape: DecodeShape, function: Any, given: Any, returned: Any) -> Any:
    return jax.shard_map(
        function, mesh=shape.mesh, in_specs=given, out_specs=returned, check_vma=False
    )


def _prefill(
    shape: DecodeShape,
    weights: Weights,
    ids: jax.Array,
    lengths: jax.Array,
    keys: jax.Array,
    drawing: Drawing,
) -> tuple[Prompts, Rows]:
    model = shape.model
    caches: list[KeysValues] = []

    def attend(layer: int, queries: jax.Array, new: KeysValues) -> jax.Array:
        read = KeysValues(*(jnp.swapaxes(x, 1, 2) for x in new))
        room = shape.prompt - ids.shape[1]
        caches.append(KeysValues(*(jnp.pad(x, ((0, 0), (0, 0), (0, room), (0, 0))) for x in read)))
        return prompt_attention(model, model.layers[layer], queries, read)

    positions = jnp.broadcast_to(jnp.arange(ids.shape[1]), ids.shape)
    states = hidden_states(model, weights, ids, positions, attend)
    last = jnp.maximum(lengths - 1, 0)[:, None, None]
    states = jnp.take_along_axis(states, last, axis=1)[:, 0]
    first = draw(head_logits(model, weights, states), keys, 0, drawing, greedy=shape.greedy)

    count = first.tokens.size
    token = first.tokens.reshape(count)
    done = (token == drawing.stop) | jnp.repeat(lengths == 0, shape.group)
    blank = jnp.zeros((count, shape.completion))
    rows = Rows(
        place=jnp.arange(count),
        key=keys.reshape(count, -1),
        token=token,
        done=done,
        tokens=blank.astype(jnp.int32).at[:, 0].set(token),
        logps=blank.astype(jnp.float32).at[:, 0].set(first.logps.reshape(count)),
        caches=tuple(
            empty_cache(model, layer, count, shape.completion, weights.embedding.dtype)
            for layer in model.layers
        ),
    )
    return Prompts(lengths, tuple(caches)), rows


def _decode(
    shape: DecodeShape,
    weights: Weights,
    prompts: Prompts,
    rows: Rows,
    number: jax.Array,
    enough: jax.Array,
    drawing: Drawing,
) -> tuple[Rows, jax.Array]:
    def unfinished(state: tuple[Rows, jax.Array]) -> jax.Array:
        rows, number = state
        left = jax.lax.pmax(jnp.sum(~rows.done), AXIS)
        return jnp.logical_and(left > enough, number < shape.completion)

    def one_token(state: tuple[Rows, jax.Array]) -> tuple[Rows, jax.Array]:
        rows, number = state
        caches, drawn = _next_token(shape, weights, prompts, rows, number, drawing)
        token = drawn.tokens[:, 0]
        at = (0, number)
        return (
            rows._replace(
                token=token,
                done=rows.done | (token == drawing.stop),
                tokens=jax.lax.dynamic_update_slice(rows.tokens, drawn.tokens, at),
                logps=jax.lax.dynamic_update_slice(rows.logps, drawn.logps, at),
                caches=caches,
            ),
            number + 1,
        )

    found: tuple[Rows, jax.Array] = jax.lax.while_loop(unfinished, one_token, (rows, number))
    return found


def _next_token(
    shape: DecodeShape,
    weights: Weights,
    prompts: Prompts,
    rows: Rows,
    number: jax.Array,
    drawing: Drawing,
) -> tuple[tuple[KeysValues, ...], Drawn]:
    """Read the rows' last tokens, whose number is `number - 1`, and draw the next."""
    model = shape.model
    groups = Groups(rows.place, len(prompts.lengths), shape.group)
    read = number - 1
    caches: list[KeysValues] = []

    def attend(layer: int, queries: jax.Array, new: KeysValues) -> jax.Array:
        seen = token_attention(
            model,
            model.layers[layer],
            queries,
            groups=groups,
            lengths=prompts.lengths,
            prompt=prompts.caches[layer],
            own=rows.caches[layer],
            new=new,
            number=read,
        )
        # Written once it has been read: the compiler need not keep the cache as it was.
        seen, new = jax.lax.optimization_barrier((seen, new))
        caches.append(write(rows.caches[layer], read, new))
        return cast(jax.Array, seen)

    positions = prompts.lengths[rows.place // shape.group] + read
    states = hidden_states(model, weights, rows.token, positions, attend)
    logits = head_logits(model, weights, states)
    drawn = draw(logits, rows.key[:, None], number, drawing, greedy=shape.greedy)
    return tuple(caches), drawn
