import jax
import jax.numpy as jnp
import numpy as np

from reasoning_train.engine.head import Head, _in_chunks, _loop


def test_chunks_of_padding_are_passed_over() -> None:
    def ones(states: jax.Array, targets: jax.Array) -> tuple[jax.Array, ...]:
        return (jnp.ones(targets.shape),)

    states, targets = jnp.zeros((3, 1, 2, 4)), jnp.zeros((3, 1, 2), int)
    (found,) = _loop(ones, states, targets, jnp.array(2))
    assert found.tolist() == [[[1.0, 1.0]], [[1.0, 1.0]], [[0.0, 0.0]]]


def test_rows_of_one_device_make_a_group() -> None:
    """As on eight chips: the same numbers, whichever rows are brought in order together."""
    rng = np.random.default_rng(0)
    states = jnp.array(rng.normal(size=(1, 12, 8)), jnp.float32)
    targets = jnp.array(rng.integers(0, 32, (1, 12)))
    table = jnp.array(rng.normal(size=(32, 8)), jnp.float32)

    def found(groups: int) -> jax.Array:
        shape = (groups, 12 // groups)
        return _in_chunks(
            Head(3.0, 1.0, False, None), table, states.reshape(*shape, 8), targets.reshape(shape),
            jnp.array(12 // groups), size=5,
        )[0].reshape(-1)  # fmt: skip

    np.testing.assert_allclose(found(2), found(1), atol=1e-6)
