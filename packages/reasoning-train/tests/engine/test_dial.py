import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from reasoning_train.engine.dial import dialled, turn_dial
from reasoning_train.engine.optimizer import OptimizerSettings, make_optimizer, make_schedule

SETTINGS = OptimizerSettings(1e-2, steps=6, warmup_steps=2)


class Line(nnx.Module):
    def __init__(self) -> None:
        self.weight = nnx.Param(jnp.array([1.0, -2.0, 3.0]))


def train(settings: OptimizerSettings, *, turned: bool) -> np.ndarray:
    """Six steps through one compiled step, as Tunix makes them."""
    model = Line()
    optimizer = nnx.Optimizer(model, make_optimizer(settings), wrt=nnx.Param)

    @nnx.jit(donate_argnames=("optimizer",))
    def step(model: Line, optimizer: nnx.Optimizer, x: jnp.ndarray) -> None:
        gradients = nnx.grad(lambda m: jnp.sum((m.weight.get_value() - x) ** 2))(model)
        optimizer.update(model, gradients)

    compiled = nnx.cached_partial(step, model, optimizer)
    schedule = make_schedule(SETTINGS)
    rate = (lambda n: float(schedule(n - 1))) if turned else None
    for x in dialled([jnp.full(3, float(i)) for i in range(6)], lambda: optimizer, rate):
        compiled(x)
    return np.asarray(model.weight.get_value())


def test_a_dial_turned_by_the_schedule_trains_like_the_schedule() -> None:
    expected = train(SETTINGS, turned=False)
    by_dial = OptimizerSettings(1e-2, steps=6, warmup_steps=2, by_dial=True)
    np.testing.assert_allclose(train(by_dial, turned=True), expected, rtol=1e-6)


def test_a_dial_that_nobody_turns_changes_nothing() -> None:
    by_dial = OptimizerSettings(1e-2, steps=6, warmup_steps=2, by_dial=True)
    np.testing.assert_array_equal(train(by_dial, turned=False), [1.0, -2.0, 3.0])


def test_an_optimizer_without_a_dial_says_so() -> None:
    model = Line()
    optimizer = nnx.Optimizer(model, make_optimizer(SETTINGS), wrt=nnx.Param)
    with pytest.raises(ValueError, match="without a dial"):
        turn_dial(optimizer, 1.0)
