import math
import re

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from tunix.rl import common
from tunix.rl.inference.inference_worker import InferenceWorker

from reasoning_train.engine.gemma import Policy
from reasoning_train.engine.reference import ReferenceWorker

PROMPTS = jnp.array([[0, 0, 2, 40, 50], [2, 60, 70, 80, 90]])
COMPLETIONS = jnp.array([[33, 44, 5, 0], [55, 66, 77, 88]])


def test_the_same_numbers_as_tunixs_worker(policy: Policy) -> None:
    """But for the padding's share of the probability, which the policy cannot say."""

    def of(worker: InferenceWorker) -> np.ndarray:
        found = worker.get_ref_per_token_logps(PROMPTS, COMPLETIONS, 0, 1, temperature=0.7)
        return np.asarray(found) * (COMPLETIONS != 0)

    _, logits = common.compute_per_token_logps(
        *nnx.split(policy), PROMPTS, COMPLETIONS, 0, 1, return_logits=True, temperature=0.7
    )
    padding = jax.nn.log_softmax(logits)[..., 0]
    expected = of(InferenceWorker({"reference": policy})) - jnp.log1p(-jnp.exp(padding)) * (
        COMPLETIONS != 0
    )
    np.testing.assert_allclose(of(ReferenceWorker(policy, 3)), expected, atol=2e-5)


def test_no_logits_of_every_position(policy: Policy) -> None:
    """Of as many as `columns` asks for: one a row."""
    worker = ReferenceWorker(policy, 1)
    program = (
        jax.jit(lambda *ids: worker.get_ref_per_token_logps(*ids, 0, 1))
        .lower(PROMPTS, COMPLETIONS)
        .compile()
        .as_text()
    )
    config = policy.config
    shapes = {
        tuple(map(int, found.split(",")))
        for found in re.findall(rf"f32\[([\d,]+),{config.num_embed}\]", str(program))
    }
    logits = {math.prod(shape) for shape in shapes if config.embed_dim not in shape}
    assert max(logits) == len(PROMPTS)
