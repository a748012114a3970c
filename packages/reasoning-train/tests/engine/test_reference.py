import math
import re

import jax
import jax.numpy as jnp
import numpy as np
from tunix.rl.inference.inference_worker import InferenceWorker

from reasoning_train.engine.gemma import Policy
from reasoning_train.engine.reference import ReferenceWorker

PROMPTS = jnp.array([[0, 0, 2, 40, 50], [2, 60, 70, 80, 90]])
COMPLETIONS = jnp.array([[33, 44, 5, 0], [55, 66, 77, 88]])


def test_the_same_numbers_as_tunixs_worker(policy: Policy) -> None:
    def of(worker: InferenceWorker) -> np.ndarray:
        found = worker.get_ref_per_token_logps(PROMPTS, COMPLETIONS, 0, 1, temperature=0.7)
        return np.asarray(found) * (COMPLETIONS != 0)

    stock = InferenceWorker({"reference": policy})
    np.testing.assert_allclose(of(ReferenceWorker(policy, 3)), of(stock), atol=2e-5)


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
