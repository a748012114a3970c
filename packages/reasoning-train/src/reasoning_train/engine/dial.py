"""A learning rate that is set from outside between two steps, for stages bounded by the clock.

Optax's schedules count updates. Nobody knows how many updates a machine makes in two and a half
hours, so a rate that is to have decayed by then must follow the time.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import optax
from flax import nnx

T = TypeVar("T")

Rate = Callable[[int], float]
"""The learning rate of a step, counted from 1."""


class DialState(NamedTuple):
    """The rate of the next update, a scalar."""

    dialled_rate: jax.Array


def scale_by_dial() -> optax.GradientTransformation:
    """Multiply by minus the dialled rate; zero until `turn_dial` was called."""

    def init(params: optax.Params) -> DialState:
        return DialState(jnp.zeros([], jnp.float32))

    def update(
        updates: optax.Updates, state: DialState, params: optax.Params | None = None
    ) -> tuple[optax.Updates, DialState]:
        return jax.tree.map(lambda g: -state.dialled_rate * g, updates), state

    return optax.GradientTransformation(init, update)


def turn_dial(optimizer: nnx.Optimizer[Any], rate: float) -> None:
    """Set the rate of the optimizer's next update.

    Raises:
        ValueError: If the optimizer has no dial.
    """
    flat = nnx.to_flat_state(nnx.state(optimizer, nnx.optimizer.OptState))
    dials = [(path, leaf) for path, leaf in flat if path[-1] == "dialled_rate"]
    if not dials:
        raise ValueError("this optimizer was made without a dial")
    turned = []
    for path, leaf in dials:
        old = leaf.get_value()
        # Where and as what it was: another placement would compile the step anew.
        value = jax.device_put(jnp.asarray(rate, old.dtype), old.sharding)
        turned.append((path, leaf.replace(value)))
    nnx.update(optimizer, nnx.from_flat_state(turned))


def dialled(
    batches: Iterable[T], optimizer: Callable[[], nnx.Optimizer[Any]], rate: Rate | None
) -> Iterator[T]:
    """The batches, the dial turned before each; without a rate, just the batches."""
    for step, batch in enumerate(batches, start=1):
        if rate is not None:
            turn_dial(optimizer(), rate(step))
        yield batch
