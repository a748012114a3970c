"""A learning rate that is set between two updates, for stages bounded by the clock.

Optax's schedules count updates. How many of them a machine makes in two and a half hours is not
known in advance, so a rate that has to have decayed by then must follow the time.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import optax
from flax import nnx

T = TypeVar("T")

Rate = Callable[[int], float]
"""The learning rate of an update, counted from 1."""

_PATH = ("hyperparams", "learning_rate")  # within the state of `optax.inject_hyperparams`


def scale_by_injected_rate() -> optax.GradientTransformation:
    """Multiply updates by minus the rate that `set_rate` wrote; by zero until it was called."""
    scale = optax.inject_hyperparams(
        optax.scale_by_learning_rate, hyperparam_dtype=jnp.dtype(jnp.float32)
    )
    injected: optax.GradientTransformation = scale(learning_rate=0.0)
    return injected


def set_rate(optimizer: nnx.Optimizer[Any], rate: float) -> None:
    """Set the learning rate of the optimizer's next update.

    Raises:
        ValueError: If the optimizer was made with a schedule of its own.
    """
    flat = nnx.to_flat_state(nnx.state(optimizer, nnx.optimizer.OptState))
    rates = [(path, leaf) for path, leaf in flat if path[-2:] == _PATH]
    if not rates:
        raise ValueError("this optimizer follows a schedule: its learning rate cannot be set")
    changed = []
    for path, leaf in rates:
        old = leaf.get_value()
        # The same placement and type as before: others would compile the training step again.
        value = jax.device_put(jnp.asarray(rate, old.dtype), old.sharding)
        changed.append((path, leaf.replace(value)))
    nnx.update(optimizer, nnx.from_flat_state(changed))


def with_rate(
    batches: Iterable[T], optimizer: Callable[[], nnx.Optimizer[Any]], rate: Rate | None
) -> Iterator[T]:
    """Yield the batches, and set the learning rate before each if there is one to set."""
    for step, batch in enumerate(batches, start=1):
        if rate is not None:
            set_rate(optimizer(), rate(step))
        yield batch
