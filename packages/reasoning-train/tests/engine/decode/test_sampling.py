"""Two-level sampling is sampling from softmax."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reasoning_train.engine.decode.sampling import draw, drawing_of, two_level
from reasoning_train.engine.head import LEAST

LOGITS = jnp.array([[1.0, -2.0, 0.5, 3.0, LEAST, 2.0, 0.0], [0.0] * 7])
"""Three blocks of three, the last of one token; one token has no probability."""


JITTED = jax.jit(two_level, static_argnums=2)


def test_draws_have_the_probabilities_of_softmax() -> None:
    """Pearson's chi-square of 200,000 draws a row; 6 degrees of freedom exceed 33 once in 1e5."""
    draws = 200_000
    uniform = 1 - jax.random.uniform(jax.random.PRNGKey(0), (2, draws, 2))
    found = JITTED(LOGITS, uniform, 3)
    expected = np.asarray(jax.nn.softmax(LOGITS)) * draws
    for row in range(2):
        counts = np.bincount(np.asarray(found.tokens[row]), minlength=7)
        possible = expected[row] > 0
        assert not counts[~possible].any()
        difference = (counts - expected[row])[possible]
        assert np.sum(difference**2 / expected[row][possible]) < 33
    logps = jax.nn.log_softmax(LOGITS)
    np.testing.assert_allclose(
        found.logps, jnp.take_along_axis(logps, found.tokens, axis=1), atol=1e-6
    )


@given(
    hnp.arrays(np.float32, 40, elements=st.floats(-40, 40, width=32)),
    st.floats(2**-24, 1),
    st.floats(2**-24, 1),
    st.sampled_from([1, 7, 8, 64]),
)
def test_it_is_the_inverse_of_the_cumulative_distribution(
    logits: np.ndarray, first: float, second: float, block: int
) -> None:
    """In double precision, up to rounding: which block, then which token within it."""
    uniform = np.array([[[first, second]]], np.float32)
    token = int(JITTED(logits[None], uniform, block).tokens[0, 0])
    weights = np.exp(logits.astype(np.float64) - logits.max())
    start = token // block * block
    for part, offset, reached in (
        (np.add.reduceat(weights, range(0, len(weights), block)), token // block, uniform[0, 0, 0]),
        (weights[start : start + block], token - start, uniform[0, 0, 1]),
    ):
        share = np.cumsum(part) / part.sum()
        before = share[offset - 1] if offset else 0.0
        assert before - 1e-5 <= reached <= share[offset] + 1e-5


@pytest.mark.parametrize("ends", [2.0**-24, 1.0])
def test_the_ends_of_the_interval_have_tokens(ends: float) -> None:
    logits = jnp.array([[LEAST, 0.0, LEAST, LEAST, 0.0, LEAST]])
    token = two_level(logits, jnp.full((1, 1, 2), ends), block=2).tokens[0, 0]
    assert int(token) == (1 if ends < 0.5 else 4)


def test_noise_follows_from_key_and_number_alone() -> None:
    keys = jax.random.split(jax.random.PRNGKey(1), 6).reshape(2, 3, 2)
    drawing = drawing_of(1.0, 0, 4)
    logits = jax.random.normal(jax.random.PRNGKey(2), (1, 500)).repeat(2, axis=0)
    drawn = jax.jit(lambda logits, keys, number: draw(logits, keys, number, drawing, greedy=False))
    whole = drawn(logits, keys, 5).tokens
    other = drawn(logits[:1], keys[1:, ::-1], 5).tokens
    np.testing.assert_array_equal(other, whole[1:, ::-1])
    later = drawn(logits, keys, 6).tokens
    assert len(set(np.ravel(whole).tolist())) > 3
    assert not np.array_equal(whole, later)


def test_temperature_divides_the_logits() -> None:
    keys = jax.random.split(jax.random.PRNGKey(1), 4).reshape(2, 2, 2)
    found = draw(LOGITS, keys, 0, drawing_of(0.5, 0, 4), greedy=False)
    logps = jax.nn.log_softmax(LOGITS.at[:, 4].set(LEAST) / 0.5)
    np.testing.assert_allclose(
        found.logps, jnp.take_along_axis(logps, found.tokens, axis=1), atol=1e-6
    )


def test_greedy_takes_the_most_probable_but_never_padding() -> None:
    keys = jnp.zeros((2, 2, 2), jnp.uint32)
    assert draw(LOGITS, keys, 0, drawing_of(1.0, 0, 6), greedy=True).tokens.tolist() == [
        [3, 3],
        [0, 0],
    ]
    assert draw(LOGITS, keys, 0, drawing_of(1.0, 0, 3), greedy=True).tokens[0].tolist() == [5, 5]
