"""Put prompts through the decoding programs: same prompts together, rows that divide, noise a row.

What a row is given depends on the seed, its prompt and its number among that prompt's completions,
so its completion is the same in any batch, at any place, on any number of devices.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from reasoning_train.engine.decode.programs import DecodeShape, Rows, decode, leave, prefill
from reasoning_train.engine.decode.sampling import drawing_of
from reasoning_train.engine.decode.weights import decoder_weights, model_shape
from reasoning_train.engine.mesh import rows_sharding
from reasoning_train.engine.model import Policy
from reasoning_train.models.tokenizer import pad_right

BUCKET = 32
"""Prompts are padded to a multiple of this."""
HALVINGS = 2
"""How often rows leave at most. With lengths like those of GSM8K's solutions two halvings save
most of what can be saved, and each more is another program to compile; refilling rows from a queue
saves less wherever reading the weights costs something (docs/results.md)."""
FEWEST = 8
"""Rows of a device that are not halved any more: reading the weights is then most of the work."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How completions are drawn.

    Attributes:
        seed: A key; prompt and number of a completion are folded in.
        temperature: Divides the logits.
    """

    seed: jax.Array
    temperature: float


@dataclass(frozen=True, slots=True)
class DecodedRows:
    """Completions in the order of the prompts.

    Attributes:
        tokens: Ids, with the stop token where the row ended by itself.
        logps: Log-probabilities of these; zeros where decoding was greedy.
        finished: Whether a row ended by itself.
    """

    tokens: list[np.ndarray]
    logps: list[np.ndarray]
    finished: list[bool]


class Decoder:
    """Decodes with a policy's weights as they are at each call.

    Args:
        policy: The policy.
        mesh: Where it lies.
        prompt: Tokens that a prompt has at most.
        completion: Tokens that a completion has at most.
    """

    def __init__(self, policy: Policy, mesh: Mesh, *, prompt: int, completion: int) -> None:
        self._policy = policy
        self._mesh = mesh
        self._prompt = prompt
        self._completion = completion

    def __call__(
        self,
        prompts: Sequence[Sequence[int]],
        *,
        stop: int,
        never: int,
        sampling: Sampling | None = None,
    ) -> DecodedRows:
        """Complete each prompt.

        Args:
            prompts: Token ids. One that occurs several times is read once, and has as many draws;
                decoded greedily it has one completion.
            stop: The token that ends a completion.
            never: The token that is never drawn.
            sampling: How tokens are drawn; None takes the most probable ones.

        Raises:
            ValueError: A prompt is longer than the limit.
        """
        batch = batched(prompts, self._mesh.shape["fsdp"], alike=sampling is None)
        shape = decode_shape(
            self._policy,
            self._mesh,
            batch.group,
            self._prompt,
            self._completion,
            greedy=sampling is None,
        )
        temperature = 1.0 if sampling is None else sampling.temperature
        drawing = drawing_of(temperature, stop, never)
        ids, lengths = self._padded(batch.prompts)
        keys = _keys(batch, sampling)
        weights = decoder_weights(self._policy, self._mesh)
        by_rows = rows_sharding(self._mesh, len(ids))
        read, state = prefill(
            weights, *jax.device_put((ids, lengths, keys), by_rows), drawing, shape=shape
        )
        found = _Found.empty(self._mesh.shape["fsdp"], keys.shape[:2], self._completion)
        number, sizes = 1, halved(len(state.done) // found.devices)
        while True:
            enough = next((size for size in sizes if size * found.devices < len(state.done)), 0)
            state, reached = decode(
                weights, read, state, jnp.int32(number), jnp.int32(enough), drawing, shape=shape
            )
            number = int(reached)
            left = found.take(state)
            if not left or number == self._completion:
                return found.completions(batch.places, stop)
            state = leave(state, count=min(size for size in sizes if size >= left), shape=shape)

    def _padded(self, prompts: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
        """Ids `[M, P]`, padded on the right, and lengths `[M]`."""
        longest = max(map(len, prompts))
        if longest > self._prompt:
            raise ValueError(f"a prompt has {longest} tokens, the limit is {self._prompt}")
        width = min(-(-longest // BUCKET) * BUCKET, self._prompt)
        rows = [list(prompt) for prompt in prompts]
        return pad_right(rows, width, 0), np.array([len(row) for row in rows], np.int32)


def decode_shape(
    policy: Policy, mesh: Mesh, group: int, prompt: int, completion: int, *, greedy: bool
) -> DecodeShape:
    """What the programs are compiled for with this policy; see `DecodeShape`."""
    return DecodeShape(model_shape(policy), mesh, group, prompt, completion, greedy)


def halved(rows: int) -> list[int]:
    """How many rows a device has in turn as they end, the most first: a program is for each."""
    sizes = [rows]
    while len(sizes) <= HALVINGS and sizes[-1] // 2 >= FEWEST:
        sizes.append(sizes[-1] // 2)
    return sizes


def grouping(rows: int, alike: int, devices: int) -> tuple[int, int]:
    """How rows are laid out as groups of one size, as many on every device.

    Args:
        rows: How many there are.
        alike: Rows that are next to each other have the same prompt in lots of this many.
        devices: How many there are.

    Returns:
        The number of groups and their size: that which needs the fewest rows, and of these the
        largest. Where there are fewer prompts than devices, several devices read the same.
    """
    sizes = [size for size in range(alike, 0, -1) if alike % size == 0]
    counts = {size: -(-rows // (size * devices)) * devices for size in sizes}
    best = min(sizes, key=lambda size: counts[size] * size)
    return counts[best], best


@dataclass(frozen=True, slots=True)
class Batch:
    """Prompts as they are read.

    Attributes:
        prompts: One for each group of completions; an empty one is padding.
        draws: Of each group, the numbers of its completions among all of its prompt.
        places: Of each completion that was asked for, its place among all rows.
    """

    prompts: list[tuple[int, ...]]
    draws: list[list[int]]
    places: list[int]

    @property
    def group(self) -> int:
        return len(self.draws[0])


def batched(prompts: Sequence[Sequence[int]], devices: int, *, alike: bool) -> Batch:
    """Bring same prompts together, in groups of one size, as many as the devices divide.

    Args:
        prompts: Token ids.
        devices: The number of groups is a multiple of this.
        alike: Whether all completions of a prompt are the same: then there is one of each, and
            padding in place of the others, so that the number of rows does not depend on them.
    """
    asked = [tuple(prompt) for prompt in prompts]
    counts = dict.fromkeys(asked, 1) if alike else Counter(asked)
    number, size = grouping(len(asked), math.gcd(*counts.values()), devices)
    groups = [
        (prompt, list(range(first, first + size)))
        for prompt, count in counts.items()
        for first in range(0, count, size)
    ]
    row = {
        (prompt, draw): place * size + index
        for place, (prompt, draws) in enumerate(groups)
        for index, draw in enumerate(draws)
    }
    seen: Counter[tuple[int, ...]] = Counter()
    places = []
    for prompt in asked:
        places.append(row[prompt, 0 if alike else seen[prompt]])
        seen[prompt] += 1
    groups += [((), list(range(size)))] * (number - len(groups))
    return Batch([prompt for prompt, _ in groups], [draws for _, draws in groups], places)


def _keys(batch: Batch, sampling: Sampling | None) -> jax.Array:
    """A key a completion, `[M, group, 2]`, of the seed, its prompt and its number."""
    if sampling is None:
        return jnp.zeros((len(batch.prompts), batch.group, 2), jnp.uint32)
    digests = [hashlib.sha256(np.asarray(p, np.int32).tobytes()).digest() for p in batch.prompts]
    words = np.array([np.frombuffer(digest[:8], "<u4") for digest in digests])
    keys: jax.Array = _fold(sampling.seed, words, np.array(batch.draws, np.uint32))
    return keys


@jax.jit
def _fold(seed: jax.Array, words: jax.Array, draws: jax.Array) -> jax.Array:
    def of_prompt(words: jax.Array, draws: jax.Array) -> jax.Array:
        key = jax.random.fold_in(jax.random.fold_in(seed, words[0]), words[1])
        return jax.vmap(lambda draw: jax.random.fold_in(key, draw))(draws)

    return jax.vmap(of_prompt)(words, draws)


@dataclass(frozen=True, slots=True)
class _Found:
    """What was drawn so far, each array `[devices, rows of a device, completion]`."""

    tokens: np.ndarray
    logps: np.ndarray

    @staticmethod
    def empty(devices: int, rows: tuple[int, ...], completion: int) -> "_Found":
        shape = (devices, math.prod(rows) // devices, completion)
        return _Found(np.zeros(shape, np.int32), np.zeros(shape, np.float32))

    @property
    def devices(self) -> int:
        return len(self.tokens)

    def take(self, rows: Rows) -> int:
        """Take over what the rows have; how many a device has left at the most."""
        done, place, tokens, logps = (
            np.asarray(x).reshape(self.devices, -1, *x.shape[1:])
            for x in (rows.done, rows.place, rows.tokens, rows.logps)
        )
        device = np.arange(self.devices)[:, None]
        self.tokens[device, place] = tokens
        self.logps[device, place] = logps
        return int((~done).sum(axis=1).max())

    def completions(self, places: list[int], stop: int) -> DecodedRows:
        """Those at the places, each up to its first stop token."""
        tokens, logps, finished = [], [], []
        length = self.tokens.shape[-1]
        for row, of_row in zip(
            self.tokens.reshape(-1, length)[places],
            self.logps.reshape(-1, length)[places],
            strict=True,
        ):
            ends = np.flatnonzero(row == stop)
            size = int(ends[0]) + 1 if len(ends) else length
            tokens.append(row[:size])
            logps.append(of_row[:size])
            finished.append(bool(len(ends)))
        return DecodedRows(tokens, logps, finished)
