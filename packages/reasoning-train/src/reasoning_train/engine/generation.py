"""Generate completions with Tunix's sampler: greedy, or sampled with a seed of our choice."""

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from tunix.generate.tokenizer_adapter import TokenizerAdapter

from reasoning_train.engine.gemma import check_window
from reasoning_train.engine.model import Policy
from reasoning_train.engine.sampler import RowSampler
from reasoning_train.models.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Lengths:
    """Token limits of a prompt and of a completion; the KV cache holds both."""

    prompt: int
    completion: int

    @property
    def cache(self) -> int:
        return self.prompt + self.completion


@dataclass(frozen=True, slots=True)
class Completions:
    """What the sampler made.

    Attributes:
        texts: Decoded completions without the stop token.
        tokens: Ids, with the stop token where the row ended by itself.
        finished: Whether a row ended by itself; the others were cut at the limit.
        prompt_ids: Left-padded prompts, `[B, P]`.
    """

    texts: list[str]
    tokens: list[np.ndarray]
    finished: list[bool]
    prompt_ids: np.ndarray


class Generator:
    """One sampler over one model. It sees the model's weights as they are at each call."""

    def __init__(self, model: Policy, tokenizer: Tokenizer, lengths: Lengths, mesh: Mesh) -> None:
        check_window(model.config, lengths.cache)
        self.tokenizer = tokenizer
        self.lengths = lengths
        self.mesh = mesh
        self.sampler = RowSampler(model, TokenizerAdapter(tokenizer.processor), lengths.cache, mesh)

    def sample(self, prompts: Sequence[str], *, seed: jax.Array, temperature: float) -> Completions:
        """Draw one completion a prompt from the policy at `temperature`, with nothing cut off.

        `top_p=1.0` makes Tunix sample at all: with None it decodes greedily, whatever the
        temperature, and a group's completions are the same. The key is ours because without one
        Tunix draws the same noise at every call.
        """
        return self._run(prompts, temperature=temperature, top_p=1.0, seed=seed)

    def greedy(self, prompts: Sequence[str]) -> Completions:
        """The most probable token at every step."""
        return self._run(prompts, temperature=0.0, top_p=None, seed=None)

    def _run(
        self,
        prompts: Sequence[str],
        *,
        temperature: float,
        top_p: float | None,
        seed: jax.Array | None,
    ) -> Completions:
        self._check(prompts)
        with self.mesh:
            output = self.sampler(
                input_strings=list(prompts),
                max_generation_steps=self.lengths.completion,
                max_prompt_length=self.lengths.prompt,
                temperature=temperature,
                top_p=top_p,
                # Tunix donates its state, the key with it: give it a copy, or the caller's is gone.
                seed=None if seed is None else jnp.copy(seed),
                eos_tokens=[self.tokenizer.stop_id],
                # As a token it would be taken for padding wherever the completion is read again.
                forbidden_tokens=[self.tokenizer.pad_id],
                echo=False,
            )
        tokens, finished = [], []
        for row in output.tokens:
            ended = len(row) < self.lengths.completion
            # Tunix strips the stop token. Put it back, or stopping never gets a gradient.
            tokens.append(np.append(row, self.tokenizer.stop_id) if ended else np.asarray(row))
            finished.append(ended)
        return Completions(list(output.text), tokens, finished, output.padded_prompt_tokens)

    def _check(self, prompts: Sequence[str]) -> None:
        """Tunix pads all prompts to the next power of two for a long one, and may then fail."""
        for prompt in prompts:
            length = len(self.tokenizer.encode_prompt(prompt))
            if length > self.lengths.prompt:
                raise ValueError(
                    f"a prompt has {length} tokens, the limit is {self.lengths.prompt}: {prompt!r}"
                )
