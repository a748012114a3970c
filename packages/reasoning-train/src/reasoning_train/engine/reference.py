"""The reference policy's log-probabilities for the KL, without whole logits."""

from typing import Any

import jax
from tunix.rl.inference.inference_worker import InferenceWorker

from reasoning_train.engine.logps import reference_logps
from reasoning_train.engine.model import Policy


class ReferenceWorker(InferenceWorker):
    """Takes the place of `RLCluster`'s own worker, which makes logits of every position.

    Args:
        reference: A policy that stays put.
        columns: Completion positions per chunk of the head.
    """

    def __init__(self, reference: Policy, columns: int) -> None:
        super().__init__({"reference": reference})
        self._columns = columns

    def get_ref_per_token_logps(
        self,
        prompt_tokens: jax.Array,
        completion_tokens: jax.Array,
        pad_id: int,
        eos_id: int,
        temperature: float = 1.0,
    ) -> Any:
        """`[B, C]`, 0 at padding."""
        graphdef, state = self._model_states["reference"]
        return reference_logps(
            graphdef,
            state,
            prompt_tokens,
            completion_tokens,
            pad_id=pad_id,
            temperature=temperature,
            columns=self._columns,
        )
