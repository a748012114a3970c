"""How probable a frozen policy finds "yes" against "no" as the next word: a judge without a server.

The pass is the reference policy's (`logps`): hidden states of the prompt, of which the last alone
meets the head, and no logits of other positions.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.sharding import Mesh

from reasoning_train.engine.gemma import check_window
from reasoning_train.engine.head import head_logps
from reasoning_train.engine.logps import hidden_states, prompt_tokens
from reasoning_train.engine.mesh import rows_sharding
from reasoning_train.engine.model import Policy
from reasoning_train.errors import UserError
from reasoning_train.models.tokenizer import Tokenizer, pad_left

WORDS: Final = {
    "yes": ("yes", "Yes", "YES", "▁yes", "▁Yes", "▁YES"),
    "no": ("no", "No", "NO", "▁no", "▁No", "▁NO"),
}
"""Pieces that a reply may begin with; those that are tokens of the vocabulary count."""
LETTERS: Final = {"yes": ("y", "▁y"), "no": ("n", "▁n")}
"""Their beginnings, for small vocabularies that lack one of the words."""
BUCKET: Final = 128
"""Prompts are padded to a multiple of this: few programs to compile, and little padding."""


class YesNo:
    """Asks one policy, whose weights it sees as they are at each call.

    Args:
        model: The policy.
        tokenizer: Its tokenizer.
        mesh: Where it lies.
        length: Tokens of a prompt at most.
        rows: Prompts that go through the model together.

    Raises:
        UserError: The vocabulary has no token for yes or for no, or the model cannot take rows of
            that length.
    """

    def __init__(
        self, model: Policy, tokenizer: Tokenizer, mesh: Mesh, *, length: int, rows: int
    ) -> None:
        self._model, self._tokenizer, self._mesh = model, tokenizer, mesh
        self._length, self._rows = length, rows
        check_window(model.config, _in_buckets(length))
        found = {word: _ids(tokenizer, pieces) for word, pieces in WORDS.items()}
        if not all(found.values()):
            found = {word: _ids(tokenizer, pieces) for word, pieces in LETTERS.items()}
        for word, ids in found.items():
            if not ids:
                raise UserError(f"the model has no token for {word!r}, so it cannot be the judge")
        self._words = [*found["yes"], *found["no"]]
        self._yes = len(found["yes"])

    def __call__(self, prompts: Sequence[str]) -> list[float | None]:
        """Return P(yes) / (P(yes) + P(no)) after each prompt; None of one that is too long."""
        ids = [self._tokenizer.encode_prompt(prompt) for prompt in prompts]
        fitting = [row for row, found in enumerate(ids) if len(found) <= self._length]
        fitting.sort(key=lambda row: len(ids[row]))
        values: list[float | None] = [None] * len(prompts)
        for start in range(0, len(fitting), self._rows):
            rows = fitting[start : start + self._rows]
            # Always as many rows: another number would be compiled anew.
            padded = [ids[row] for row in (rows + rows[-1:] * self._rows)[: self._rows]]
            for row, value in zip(rows, self._shares(padded), strict=False):
                values[row] = float(value)
        return values

    def _shares(self, ids: list[list[int]]) -> np.ndarray:
        """`[B]`, of prompts of the same number each time."""
        length = _in_buckets(max(map(len, ids)))
        array = pad_left(ids, length, self._tokenizer.pad_id)
        with self._mesh:
            logps = np.asarray(
                next_word_logps(
                    *nnx.split(self._model),
                    jax.device_put(array, rows_sharding(self._mesh, len(array))),
                    jnp.asarray(self._words),
                    pad_id=self._tokenizer.pad_id,
                )
            )
        shares = np.exp(logps - logps.max(axis=1, keepdims=True))
        total: np.ndarray = shares[:, : self._yes].sum(axis=1) / shares.sum(axis=1)
        return total


@partial(jax.jit, static_argnames=("pad_id",))
def next_word_logps(
    graphdef: nnx.GraphDef[Policy],
    state: Any,
    prompt_ids: jax.Array,
    words: jax.Array,
    *,
    pad_id: int,
) -> jax.Array:
    """Return the log-probability of each of a few tokens right after each prompt.

    Args:
        graphdef: Of the policy, as `nnx.split` gives it.
        state: Likewise.
        prompt_ids: Left-padded, `[B, P]`.
        words: Token ids, `[K]`.
        pad_id: The padding token.

    Returns:
        `[B, K]`, float32.
    """
    model = nnx.merge(graphdef, state)
    real = prompt_tokens(prompt_ids, pad_id)
    last = hidden_states(model, prompt_ids, real.astype(jnp.int32))[:, -1:]
    shape = (len(prompt_ids), len(words))
    return head_logps(
        model,
        jnp.broadcast_to(last, (*shape, last.shape[-1])),
        jnp.broadcast_to(words, shape),
        jnp.ones(shape, dtype=bool),
        temperature=1.0,
        columns=len(words),
    ).logps


def _in_buckets(length: int) -> int:
    return -(-length // BUCKET) * BUCKET


def _ids(tokenizer: Tokenizer, pieces: Sequence[str]) -> list[int]:
    processor = tokenizer.processor
    found = (processor.piece_to_id(piece) for piece in pieces)
    return [int(i) for i in found if i != processor.unk_id()]
