import math
from itertools import pairwise

import jax.numpy as jnp
import numpy as np
import optax
import pytest

from reasoning_train.engine.optimizer import OptimizerSettings, make_optimizer, make_schedule


def test_warmup_peak_and_decay() -> None:
    schedule = make_schedule(OptimizerSettings(1e-3, steps=20, warmup_steps=5))
    rates = [float(schedule(update)) for update in range(20)]
    assert rates[:5] == pytest.approx([2e-4, 4e-4, 6e-4, 8e-4, 1e-3])  # none is thrown away
    assert rates[12] == pytest.approx(1e-3 * (0.1 + 0.9 * (1 + math.cos(math.pi * 8 / 15)) / 2))
    assert rates[19] == pytest.approx(1e-4)  # decayed at the last update, not after it
    assert all(a > b for a, b in pairwise(rates[4:]))


@pytest.mark.parametrize(("steps", "warmup"), [(1, 0), (2, 0), (2, 1), (7, 6)])
def test_short_schedules_reach_the_peak_and_end_decayed(steps: int, warmup: int) -> None:
    schedule = make_schedule(OptimizerSettings(1e-3, steps, warmup))
    rates = [float(schedule(update)) for update in range(steps)]
    assert max(rates) == pytest.approx(1e-3)
    assert min(rates) > 0
    assert steps == 1 or rates[-1] == pytest.approx(1e-4)


@pytest.mark.parametrize("warmup", [5, 6])
def test_a_warmup_without_a_decay_is_an_error(warmup: int) -> None:
    with pytest.raises(ValueError, match=f"warm-up over {warmup} of 5"):
        make_schedule(OptimizerSettings(1e-3, steps=5, warmup_steps=warmup))


def test_it_is_adam_with_decay_on_clipped_gradients() -> None:
    """Against the algorithm as written down (arXiv 1711.05101, algorithm 2), in float64."""
    settings = OptimizerSettings(1e-2, 9, 3, b1=0.8, b2=0.97, weight_decay=0.1, clip_norm=0.7)
    schedule, optimizer = make_schedule(settings), make_optimizer(settings)
    rng = np.random.default_rng(1)
    weights = rng.normal(size=4)
    params = {"w": jnp.asarray(weights, jnp.float32)}
    state = optimizer.init(params)
    first, second = np.zeros(4), np.zeros(4)
    for update in range(9):
        gradient = rng.normal(size=4) * 10.0 ** rng.uniform(-2, 1)
        moves, state = optimizer.update({"w": jnp.asarray(gradient, jnp.float32)}, state, params)
        params = optax.apply_updates(params, moves)

        gradient = gradient * min(1.0, 0.7 / np.linalg.norm(gradient))
        first = 0.8 * first + 0.2 * gradient
        second = 0.97 * second + 0.03 * gradient**2
        debiased = first / (1 - 0.8 ** (update + 1)), second / (1 - 0.97 ** (update + 1))
        adam = debiased[0] / (np.sqrt(debiased[1]) + 1e-8)
        weights = weights - float(schedule(update)) * (adam + 0.1 * weights)
        np.testing.assert_allclose(params["w"], weights, rtol=2e-5, atol=1e-6)


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
