import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from reasoning_train.engine.injected_rate import set_rate, with_rate
from reasoning_train.engine.optimizer import OptimizerSettings, make_optimizer, make_schedule

SETTINGS = OptimizerSettings(1e-2, steps=6, warmup_steps=2)


class Line(nnx.Module):
    def __init__(self) -> None:
        self.weight = nnx.Param(jnp.array([1.0, -2.0, 3.0]))


def train(settings: OptimizerSettings, *, by_hand: bool) -> np.ndarray:
    """Six steps through one compiled step, as Tunix makes them."""
    model = Line()
    optimizer = nnx.Optimizer(model, make_optimizer(settings), wrt=nnx.Param)

    @nnx.jit(donate_argnames=("optimizer",))
    def step(model: Line, optimizer: nnx.Optimizer, x: jnp.ndarray) -> None:
        gradients = nnx.grad(lambda m: jnp.sum((m.weight.get_value() - x) ** 2))(model)
        optimizer.update(model, gradients)

    compiled = nnx.cached_partial(step, model, optimizer)
    schedule = make_schedule(SETTINGS)
    rate = (lambda n: float(schedule(n - 1))) if by_hand else None
    for x in with_rate([jnp.full(3, float(i)) for i in range(6)], lambda: optimizer, rate):
        compiled(x)
    return np.asarray(model.weight.get_value())


def test_a_rate_set_by_the_schedule_trains_like_the_schedule() -> None:
    expected = train(SETTINGS, by_hand=False)
    injected = OptimizerSettings(1e-2, steps=6, warmup_steps=2, injected_rate=True)
    np.testing.assert_allclose(train(injected, by_hand=True), expected, rtol=1e-6)


def test_a_rate_that_is_never_set_changes_nothing() -> None:
    injected = OptimizerSettings(1e-2, steps=6, warmup_steps=2, injected_rate=True)
    np.testing.assert_array_equal(train(injected, by_hand=False), [1.0, -2.0, 3.0])


def test_setting_the_rate_of_an_optimizer_with_a_schedule_is_an_error() -> None:
    model = Line()
    optimizer = nnx.Optimizer(model, make_optimizer(SETTINGS), wrt=nnx.Param)
    with pytest.raises(ValueError, match="follows a schedule"):
        set_rate(optimizer, 1.0)
