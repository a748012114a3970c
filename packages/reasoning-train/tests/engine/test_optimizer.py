import jax.numpy as jnp
import numpy as np
import optax
import pytest

from reasoning_train.engine.optimizer import OptimizerSettings, make_optimizer, make_schedule


def test_warmup_peak_and_decay() -> None:
    schedule = make_schedule(OptimizerSettings(1e-3, steps=20, warmup_steps=5))
    assert float(schedule(0)) == 0.0
    assert float(schedule(5)) == pytest.approx(1e-3)
    assert float(schedule(20)) == pytest.approx(1e-4)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_no_number_changes_nothing(bad: float) -> None:
    optimizer = make_optimizer(OptimizerSettings(1e-2, steps=10, warmup_steps=0))
    params = {"a": jnp.array([1.0, 2.0]), "b": jnp.array([3.0])}
    good = {"a": jnp.array([0.1, -0.2]), "b": jnp.array([0.3])}

    def run(gradients: list[dict[str, jnp.ndarray]]) -> dict[str, jnp.ndarray]:
        now, state = params, optimizer.init(params)
        for gradient in gradients:
            updates, state = optimizer.update(gradient, state, now)
            now = optax.apply_updates(now, updates)
        return now

    poisoned = {"a": jnp.array([0.1, bad]), "b": jnp.array([0.3])}
    expected, found = run([good, good]), run([good, poisoned, good])
    for name in params:
        np.testing.assert_array_equal(found[name], expected[name])
