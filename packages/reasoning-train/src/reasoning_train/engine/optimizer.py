"""One optimizer for both stages: clipped Adam with fp32 masters and a schedule.

A gradient that holds a NaN or an infinity changes nothing, moments and schedule included.
"""

from dataclasses import dataclass

import optax

from reasoning_train.engine.dial import scale_by_dial
from reasoning_train.engine.masters import with_fp32_masters

NEVER = 2**31 - 1  # Optax would accept a non-finite gradient after so many of them in a row


@dataclass(frozen=True, slots=True)
class OptimizerSettings:
    """AdamW (arXiv 1711.05101) with linear warm-up and cosine decay.

    Attributes:
        learning_rate: The peak.
        steps: Updates from the first to the end of the decay.
        warmup_steps: Updates from zero to the peak.
        final_fraction: Share of the peak at the end.
        b1: Decay of the first moment.
        b2: Decay of the second moment.
        weight_decay: Decoupled decay.
        clip_norm: Gradients of a larger global norm are scaled down to it.
        by_dial: The rate is set before each step (`dial.turn_dial`); the schedule has no say.
    """

    learning_rate: float
    steps: int
    warmup_steps: int
    final_fraction: float = 0.1
    b1: float = 0.9
    b2: float = 0.99
    weight_decay: float = 0.0
    clip_norm: float = 1.0
    by_dial: bool = False


def make_schedule(settings: OptimizerSettings) -> optax.Schedule:
    """Learning rate as a function of the update's number, from 0."""
    warmup = min(settings.warmup_steps, max(settings.steps - 1, 0))
    return optax.warmup_cosine_decay_schedule(
        init_value=0.0 if warmup else settings.learning_rate,
        peak_value=settings.learning_rate,
        warmup_steps=warmup,
        decay_steps=max(settings.steps, warmup + 1),
        end_value=settings.learning_rate * settings.final_fraction,
    )


def make_optimizer(settings: OptimizerSettings) -> optax.GradientTransformation:
    """The transformation that Tunix's trainers take."""
    rate = (
        scale_by_dial()
        if settings.by_dial
        else optax.scale_by_learning_rate(make_schedule(settings))
    )
    adam = optax.chain(
        optax.clip_by_global_norm(settings.clip_norm),
        optax.scale_by_adam(b1=settings.b1, b2=settings.b2),
        optax.add_decayed_weights(settings.weight_decay),
        rate,
    )
    return with_fp32_masters(optax.apply_if_finite(adam, NEVER))
