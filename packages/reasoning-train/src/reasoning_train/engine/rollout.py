"""The rollout engine handed to Tunix: its sampler, with seeds and stop tokens put right."""

from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh
from tunix.rl.rollout import base_rollout

from reasoning_train.engine.generation import Completions, Generator, Lengths
from reasoning_train.models.tokenizer import Tokenizer


class SeededRollout(base_rollout.BaseRollout):
    """Rollouts whose noise is new at every call and follows from one seed.

    Args:
        rollout_actor: The policy; it shares its weights with the trainer.
        tokenizer: Tunix's adapter, unused: ours knows the stop token.
        mesh: Where the policy lives.
        rollout_config: Lengths and temperature.
        own_tokenizer: Our tokenizer.
        seed: The run's seed for this stage.
        first_call: Steps already made by the run being resumed.

    Attributes:
        last: What the newest call made.
        draw: 0 for a step's own prompts, then counting its further draws; whoever draws again says
            so here before.
        step: Steps whose own prompts were drawn, those before a resume counted.
    """

    def __init__(
        self,
        *,
        rollout_actor: Any,
        tokenizer: Any,
        mesh: Mesh,
        rollout_config: base_rollout.RolloutConfig,
        own_tokenizer: Tokenizer,
        seed: int,
        first_call: int = 0,
    ) -> None:
        lengths = Lengths(rollout_config.max_prompt_length, rollout_config.max_tokens_to_generate)
        self._model = rollout_actor
        self._generator = Generator(rollout_actor, own_tokenizer, lengths, mesh)
        self._tokenizer = own_tokenizer
        self._seed = seed
        self.step = first_call
        self.draw = 0
        self.last: Completions | None = None
        self.mesh = mesh

    def generate(
        self,
        prompts: list[str],
        rollout_config: base_rollout.RolloutConfig,
        **kwargs: Any,
    ) -> base_rollout.RolloutOutput:
        """Sample one completion a prompt, with the noise of the seed, the step and the draw."""
        if self.draw == 0:
            self.step += 1
        key = jax.random.fold_in(jax.random.PRNGKey(self._seed), self.step - 1)
        if self.draw:
            key = jax.random.fold_in(key, self.draw)
        completions = self._generator.sample(
            prompts, seed=key, temperature=rollout_config.temperature
        )
        self.last = completions
        return base_rollout.RolloutOutput(
            text=completions.texts,
            logits=[],
            tokens=[np.asarray(row) for row in completions.tokens],
            left_padded_prompt_tokens=completions.prompt_ids,
            logprobs=None,
        )

    def get_per_token_logps(self, prompt_tokens: jax.Array, completion_tokens: jax.Array) -> Any:
        """Not needed on-policy: the old log-probabilities are the trainer's own."""
        raise NotImplementedError("only one update a rollout is supported (num_iterations=1)")

    def update_params(self, params: Any, filter_types: Any = None) -> None:
        """Never called while trainer and rollout share a mesh, which they do here."""
        raise NotImplementedError("the rollout shares the trainer's weights")

    def pad_id(self) -> int:
        return self._tokenizer.pad_id

    def eos_id(self) -> int:
        return self._tokenizer.stop_id

    def model(self) -> Any:
        return self._model
