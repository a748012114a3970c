"""One optimizer for both stages: clipped Adam with fp32 masters and a schedule.

A gradient that holds a NaN or an infinity changes nothing, moments and schedule included.
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from reasoning_train.engine.injected_rate import scale_by_injected_rate
from reasoning_train.engine.masters import with_fp32_masters

NEVER = 2**31 - 1  # Optax would accept a non-finite gradient after so many of them in a row


@dataclass(frozen=True, slots=True)
class OptimizerSettings:
    """AdamW (arXiv 1711.05101) with linear warm-up and cosine decay.

    Attributes:
        learning_rate: The peak.
        steps: Updates from the first to the end of the decay, more than `warmup_steps`.
        warmup_steps: Updates until the peak: the first has the peak's share 1 / warmup_steps.
        final_fraction: Share of the peak at the last update.
        b1: Decay of the first moment.
        b2: Decay of the second moment.
        weight_decay: Decoupled decay.
        clip_norm: Gradients of a larger global norm are scaled down to it.
        injected_rate: Take the rate that `injected_rate.set_rate` writes before each update instead
            of the schedule's.
    """

    learning_rate: float
    steps: int
    warmup_steps: int
    final_fraction: float = 0.1
    b1: float = 0.9
    b2: float = 0.99
    weight_decay: float = 0.0
    clip_norm: float = 1.0
    injected_rate: bool = False


def make_schedule(settings: OptimizerSettings) -> optax.Schedule:
    """Learning rate as a function of the update's number, from 0.

    Linear from `1 / warmup_steps` of the peak, so that the first batch is not thrown away, then a
    cosine that ends with the last update.

    Raises:
        ValueError: If no update is left to decay in.
    """
    if settings.warmup_steps and settings.warmup_steps >= settings.steps:
        raise ValueError(
            f"warm-up over {settings.warmup_steps} of {settings.steps} updates leaves none to decay"
        )
    warmup = max(settings.warmup_steps, 1)
    return optax.warmup_cosine_decay_schedule(
        init_value=settings.learning_rate / warmup,
        peak_value=settings.learning_rate,
        warmup_steps=warmup - 1,
        decay_steps=max(settings.steps - 1, warmup),
        end_value=settings.learning_rate * settings.final_fraction,
    )


def make_optimizer(settings: OptimizerSettings) -> optax.GradientTransformation:
    """The transformation that Tunix's trainers take."""
    rate = (
        scale_by_injected_rate()
        if settings.injected_rate
        else optax.scale_by_learning_rate(make_schedule(settings))
    )
    adam = optax.chain(
        optax.clip_by_global_norm(settings.clip_norm),
        optax.scale_by_adam(b1=settings.b1, b2=settings.b2),
        optax.add_decayed_weights(settings.weight_decay),
        rate,
    )
    return with_fp32_masters(optax.apply_if_finite(adam, NEVER))


def skipped(optimizer: nnx.Optimizer[Any]) -> jax.Array:
    """1 if the newest update of an optimizer of ours changed nothing, else 0, by its own state."""
    finite: jax.Array = optimizer.opt_state.inner.last_finite.get_value()
    return 1.0 - finite.astype(jnp.float32)
