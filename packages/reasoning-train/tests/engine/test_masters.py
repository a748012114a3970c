"""In bfloat16 most steps of a usual size are rounded away; fp32 masters keep them."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from reasoning_train.engine.masters import with_fp32_masters

STEPS, RATE = 200, 3e-6


def share_changed(optimizer: optax.GradientTransformation) -> float:
    """Of bfloat16 parameters, after equal small steps in one direction."""
    start = jax.random.normal(jax.random.key(0), (4000,)).astype(jnp.bfloat16) * 0.02
    gradient = jnp.ones_like(start)

    def step(_: int, carry: tuple[jax.Array, optax.OptState]) -> tuple[jax.Array, optax.OptState]:
        params, state = carry
        updates, state = optimizer.update(gradient, state, params)
        return optax.apply_updates(params, updates), state

    params, _ = jax.lax.fori_loop(0, STEPS, step, (start, optimizer.init(start)))
    return float(jnp.mean(params != start))


def test_stock_adam_loses_steps_and_masters_keep_them() -> None:
    assert share_changed(optax.adam(RATE)) < 0.5
    assert share_changed(with_fp32_masters(optax.adam(RATE))) > 0.99


def test_parameters_are_the_rounded_masters() -> None:
    optimizer = with_fp32_masters(optax.sgd(1e-3))
    params = {"a": jnp.array([1.0, -2.0, 0.003], jnp.bfloat16)}
    state = optimizer.init(params)
    for _ in range(50):
        updates, state = optimizer.update({"a": jnp.ones(3, jnp.bfloat16)}, state, params)
        params = optax.apply_updates(params, updates)
    assert params["a"].dtype == jnp.bfloat16
    np.testing.assert_array_equal(params["a"], state.masters["a"].astype(jnp.bfloat16))
    np.testing.assert_allclose(state.masters["a"], [0.95, -2.05, -0.047], atol=1e-4)


def test_in_fp32_nothing_changes() -> None:
    start = jnp.array([1.0, 2.0])
    gradient = jnp.array([0.3, -0.1])

    def run(optimizer: optax.GradientTransformation) -> jax.Array:
        params, state = start, optimizer.init(start)
        for _ in range(5):
            updates, state = optimizer.update(gradient, state, params)
            params = optax.apply_updates(params, updates)
        return params

    np.testing.assert_allclose(
        run(optax.adam(0.1)), run(with_fp32_masters(optax.adam(0.1))), rtol=1e-6
    )


def test_without_parameters_it_cannot_work() -> None:
    optimizer = with_fp32_masters(optax.sgd(0.1))
    with pytest.raises(ValueError, match="needs the parameters"):
        optimizer.update(jnp.ones(1), optimizer.init(jnp.ones(1)))
