import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from tunix.rl import common

from reasoning_train.engine.logps import attention_inputs, completion_logps
from reasoning_train.engine.model import Gemma3

PROMPTS = jnp.array([[0, 0, 2, 40, 50], [2, 60, 70, 80, 90]])
COMPLETIONS = jnp.array([[33, 44, 5, 0, 0, 0, 0], [55, 66, 77, 88, 99, 111, 5]])
MASK = COMPLETIONS != 0


def whole_logits(model: Gemma3, temperature: float) -> tuple[jax.Array, jax.Array]:
    """Tunix's own log-probabilities, and the entropy of its logits."""
    graphdef, state = nnx.split(model)
    logps, logits = common.compute_per_token_logps(
        graphdef, state, PROMPTS, COMPLETIONS, 0, 1,
        stop_gradient=False, return_logits=True, temperature=temperature,
    )  # fmt: skip
    logs = jax.nn.log_softmax(logits.astype(jnp.float32))
    return logps, -jnp.sum(jnp.exp(logs) * logs, axis=-1)


@pytest.mark.parametrize("columns", [1, 3, 7, 16])
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_equal_to_whole_logits(model: Gemma3, columns: int, temperature: float) -> None:
    expected_logps, expected_entropy = whole_logits(model, temperature)
    found = completion_logps(
        model, PROMPTS, COMPLETIONS, pad_id=0, temperature=temperature, columns=columns
    )
    assert found.logps.shape == found.entropy.shape == (2, 7)
    np.testing.assert_allclose(found.logps * MASK, expected_logps * MASK, atol=2e-5)
    np.testing.assert_allclose(found.entropy * MASK, expected_entropy * MASK, atol=2e-5)


def test_gradient_equal_to_whole_logits(model: Gemma3) -> None:
    adapters = nnx.DiffState(0, nnx.LoRAParam)
    moved = jax.tree.map(lambda x: x + 0.01, nnx.state(model, nnx.LoRAParam))
    nnx.update(model, moved)  # B = 0 would give A no gradient

    def chunked(model: Gemma3) -> jax.Array:
        logps = completion_logps(model, PROMPTS, COMPLETIONS, pad_id=0, columns=3).logps
        return jnp.sum(logps * MASK)

    def whole(model: Gemma3) -> jax.Array:
        return jnp.sum(whole_logits(model, 1.0)[0] * MASK)

    ours = jax.tree.leaves(nnx.grad(chunked, argnums=adapters)(model))
    theirs = jax.tree.leaves(nnx.grad(whole, argnums=adapters)(model))
    for a, b in zip(ours, theirs, strict=True):
        scale = float(jnp.abs(b).max())
        assert scale > 0
        np.testing.assert_allclose(a / scale, b / scale, atol=2e-5)


def test_padding_has_no_influence(model: Gemma3) -> None:
    more = jnp.pad(PROMPTS, ((0, 0), (3, 0)))
    short = completion_logps(model, PROMPTS, COMPLETIONS, pad_id=0).logps
    long = completion_logps(model, more, COMPLETIONS, pad_id=0).logps
    np.testing.assert_allclose(short * MASK, long * MASK, atol=2e-5)


def test_the_model_is_left_as_it_was(model: Gemma3) -> None:
    before = nnx.graphdef(model)
    completion_logps(model, PROMPTS, COMPLETIONS, pad_id=0)
    assert nnx.graphdef(model) == before


def test_positions_do_not_count_padding() -> None:
    positions, mask = attention_inputs(jnp.array([[0, 0, 7, 8]]), 0)
    assert positions.tolist() == [[0, 0, 0, 1]]
    assert mask[0, 3].tolist() == [False, False, True, True]
