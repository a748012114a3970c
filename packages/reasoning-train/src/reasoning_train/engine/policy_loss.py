"""The on-policy GRPO loss, summed over tokens that are weighted for the whole batch."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from tunix.rl import common, function_registry
from tunix.rl.grpo.grpo_learner import GRPOConfig
from tunix.sft.peft_trainer import PeftTrainer

from reasoning_train.engine.logps import completion_logps, completion_tokens
from reasoning_train.engine.model import Policy
from reasoning_train.engine.update import use_own_update

LOSS_NAME = "reasoning-train"
ROUNDING = 1e-8
"""Advantages below this are zero: of equal rewards Tunix's estimators leave up to 1e-10."""


@dataclass(kw_only=True)
class PolicyConfig(GRPOConfig):
    """Tunix's configuration with what our loss needs besides.

    Attributes:
        columns: Completion positions per chunk of the head.
        overlong_filter: Leave completions that were cut at the limit out of the loss.
        drop_flat_groups: Leave groups whose rewards are all equal out of the loss's mean.
    """

    columns: int = 8
    overlong_filter: bool = False
    drop_flat_groups: bool = False


def training_mask(
    completion_ids: jax.Array,
    advantages: jax.Array,
    *,
    pad_id: int,
    stop_id: int,
    config: PolicyConfig,
) -> jax.Array:
    """Which tokens count, `[B, C]` float32; a group's completions stand next to each other.

    A completion that was cut has no end that could be right, so its reward says little about it:
    DAPO's overlong filtering (arXiv 2503.14476, section 3.4). A group of equal rewards has zero
    advantages and only makes the mean over tokens smaller; DAPO (section 3.2) samples such prompts
    anew (`resampling`), here they are left out.
    """
    mask = completion_tokens(completion_ids, pad_id).astype(jnp.float32)
    if config.overlong_filter:
        mask *= jnp.any(completion_ids == stop_id, axis=1, keepdims=True)
    if config.drop_flat_groups:
        groups = advantages.reshape(-1, config.num_generations)
        mask *= jnp.repeat(jnp.any(jnp.abs(groups) > ROUNDING, axis=1), config.num_generations)[
            :, None
        ]
    return mask


class Weights(NamedTuple):
    """What each token of a batch counts, `[B, C]`; a sum over any part of the batch adds up.

    Attributes:
        loss: In the loss, as the aggregation says.
        mean: In a mean over the tokens that count.
    """

    loss: jax.Array
    mean: jax.Array


def token_weights(mask: jax.Array, aggregation: str) -> Weights:
    """The weights that make a sum over tokens what an aggregation makes of the whole batch.

    `token-mean` is the mean over the batch's tokens, `sequence-mean-token-mean` that over its rows
    of each one's mean, `sequence-mean-token-scale` that of each one's sum divided by the longest
    completion there may be. A row without tokens counts as none. With Tunix's functions, called on
    a part of the batch, a token's weight depends on the part that it falls in.

    Raises:
        ValueError: An aggregation that is none of these.
    """
    tokens = jnp.maximum(mask.sum(), 1.0)
    of_row = mask.sum(axis=1, keepdims=True)
    rows = jnp.maximum(jnp.sum(of_row > 0), 1)
    if aggregation == "token-mean":
        loss = mask / tokens
    elif aggregation == "sequence-mean-token-mean":
        loss = mask / jnp.maximum(of_row, 1.0) / rows
    elif aggregation == "sequence-mean-token-scale":
        loss = mask / mask.shape[1] / rows
    else:
        raise ValueError(f"unknown aggregation {aggregation!r}")
    return Weights(loss, mask / tokens)


def policy_loss(
    model: Policy,
    train_example: Any,
    weights: Weights,
    *,
    config: PolicyConfig,
    pad_id: int,
) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Policy gradient on the policy's own samples, plus `beta` times the KL to the reference.

    With one update a rollout the ratio is 1 in value and clipping never acts, so the loss is `-A ·
    exp(logp - stop_gradient(logp))` a token (arXiv 2402.03300, eq. 3 at μ=1), weighted. Of a part
    of a batch it is the part's share.

    The KL in the loss is k2, `(logp - reference)² / 2` a token. Its gradient is `(logp - reference)
    · ∇logp`, whose mean over own samples is the gradient of KL(policy‖reference) at that place,
    the tokens before it given: of what is limited and reported. k3 as a loss, which GRPO's paper
    has, gives the gradient of KL(reference‖policy) instead, and k1 none at all (Y. Tang and R.
    Munos, arXiv 2506.09477). What a token does to the KL at later places is left out, as with any
    of them. The KL that is reported is k3's value (J. Schulman, "Approximating KL divergence"): an
    unbiased estimate that is never negative.

    Returns:
        The loss, and the means over tokens of `kl` and `entropy`.
    """
    logps, entropy = completion_logps(
        model,
        train_example.prompt_ids,
        train_example.completion_ids,
        pad_id=pad_id,
        temperature=config.temperature,
        columns=config.columns,
        never=pad_id,  # as the sampler has it
    )
    ratio = jnp.exp(logps - jax.lax.stop_gradient(logps))
    per_token = -train_example.advantages.astype(jnp.float32)[:, None] * ratio
    kl = jnp.zeros_like(per_token)
    reference = train_example.ref_per_token_logps
    if reference is not None:
        per_token += config.beta * common.compute_kl_divergence(
            logps, reference, config.kl_loss_mode
        )
        kl = common.compute_kl_divergence(logps, reference, "low_var_kl")
    # A place that does not count is 0 whatever stands there; 0 times infinity would not be.
    loss = jnp.sum(jnp.where(weights.loss > 0, per_token, 0.0) * weights.loss)
    counts = weights.mean > 0
    return loss, {
        "kl": jnp.sum(jnp.where(counts, kl, 0.0) * weights.mean),
        "entropy": jnp.sum(jnp.where(counts, entropy, 0.0) * weights.mean),
    }


@function_registry.register_policy_loss_fn(LOSS_NAME)  # type: ignore[untyped-decorator]
def _refuse(*args: Any, **kwargs: Any) -> None:
    """Stand in for a loss in Tunix's learner, which wants a name; `teach_policy` replaces it."""
    raise RuntimeError("the trainer was not taught the policy loss")


def teach_policy(
    trainer: PeftTrainer, config: PolicyConfig, *, pad_id: int, stop_id: int, parts: int
) -> None:
    """Have a trainer of Tunix make our updates with this loss, a batch going through in parts."""

    def with_weights(example: Any) -> dict[str, Any]:
        mask = training_mask(
            example.completion_ids,
            example.advantages,
            pad_id=pad_id,
            stop_id=stop_id,
            config=config,
        )
        return {"train_example": example, "weights": token_weights(mask, config.loss_agg_mode)}

    def loss(
        model: Policy, train_example: Any, weights: Weights
    ) -> tuple[jax.Array, dict[str, jax.Array]]:
        return policy_loss(model, train_example, weights, config=config, pad_id=pad_id)

    trainer.with_gen_model_input_fn(with_weights)
    trainer.with_loss_fn(loss, has_aux=True)
    use_own_update(trainer, parts)
