"""Generate completions of prompts: the most probable ones, or drawn with a seed of our choice."""

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import numpy as np
from jax.sharding import Mesh

from reasoning_train.engine.decode.decoder import Decoder, Sampling
from reasoning_train.engine.model import Policy
from reasoning_train.models.tokenizer import Tokenizer, pad_left


@dataclass(frozen=True, slots=True)
class Lengths:
    """Token limits of a prompt and of a completion."""

    prompt: int
    completion: int

    @property
    def cache(self) -> int:
        """Of both together."""
        return self.prompt + self.completion


@dataclass(frozen=True, slots=True)
class Completions:
    """What was generated.

    Attributes:
        texts: Decoded completions without the stop token.
        tokens: Ids, with the stop token where the row ended by itself.
        finished: Whether a row ended by itself; the others were cut at the limit.
        prompt_ids: Left-padded prompts, `[B, P]`.
        logps: Log-probabilities of drawn tokens; None of greedy decoding.
    """

    texts: list[str]
    tokens: list[np.ndarray]
    finished: list[bool]
    prompt_ids: np.ndarray
    logps: list[np.ndarray] | None = None


class Generator:
    """Generates with one model, whose weights it sees as they are at each call."""

    def __init__(self, model: Policy, tokenizer: Tokenizer, lengths: Lengths, mesh: Mesh) -> None:
        self.tokenizer = tokenizer
        self.lengths = lengths
        self._decoder = Decoder(model, mesh, prompt=lengths.prompt, completion=lengths.completion)

    def sample(self, prompts: Sequence[str], *, seed: jax.Array, temperature: float) -> Completions:
        """Draw one completion a prompt from the policy at `temperature`, with nothing cut off.

        A prompt that occurs several times has as many draws. Noise follows from the seed, the
        prompt and the number of the draw among those of its prompt: what else is in the batch makes
        no difference.
        """
        return self._run(prompts, Sampling(seed, temperature))

    def greedy(self, prompts: Sequence[str]) -> Completions:
        """The most probable token at every step."""
        return self._run(prompts, None)

    def _run(self, prompts: Sequence[str], sampling: Sampling | None) -> Completions:
        ids = [self.tokenizer.encode_prompt(prompt) for prompt in prompts]
        for prompt, row in zip(prompts, ids, strict=True):
            if len(row) > self.lengths.prompt:
                raise ValueError(
                    f"a prompt has {len(row)} tokens, the limit is {self.lengths.prompt}: "
                    f"{prompt!r}"
                )
        found = self._decoder(
            ids,
            stop=self.tokenizer.stop_id,
            # As a token it would be taken for padding wherever the completion is read again.
            never=self.tokenizer.pad_id,
            sampling=sampling,
        )
        texts = [
            self.tokenizer.decode(row[: len(row) - ended].tolist())
            for row, ended in zip(found.tokens, found.finished, strict=True)
        ]
        return Completions(
            texts,
            found.tokens,
            found.finished,
            pad_left(ids, self.lengths.prompt, self.tokenizer.pad_id),
            None if sampling is None else found.logps,
        )
