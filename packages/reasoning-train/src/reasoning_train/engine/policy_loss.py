"""The on-policy GRPO loss, registered with Tunix under a name of ours."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from tunix.rl import common, function_registry
from tunix.rl.grpo.grpo_learner import GRPOConfig

from reasoning_train.engine.logps import completion_logps
from reasoning_train.engine.model import Policy

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
    mask = (completion_ids != pad_id).astype(jnp.float32)
    if config.overlong_filter:
        mask *= jnp.any(completion_ids == stop_id, axis=1, keepdims=True)
    if config.drop_flat_groups:
        groups = advantages.reshape(-1, config.num_generations)
        mask *= jnp.repeat(jnp.any(jnp.abs(groups) > ROUNDING, axis=1), config.num_generations)[
            :, None
        ]
    return mask


def policy_loss(
    model: Policy,
    train_example: Any,
    algo_config: PolicyConfig,
    pad_id: int,
    eos_id: int,
    **kwargs: Any,
) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Policy gradient on the policy's own samples, plus `beta` times the KL to the reference.

    With one update a rollout the ratio is 1 in value and clipping never acts, so the loss is `-A ·
    exp(logp - stop_gradient(logp))` a token (arXiv 2402.03300, eq. 3 at μ=1), aggregated as
    `algo_config.loss_agg_mode` says. The KL is the k3 estimator (`low_var_kl`), whose gradient is
    the KL's; k1 as a loss has not.
    """
    mask = training_mask(
        train_example.completion_ids,
        train_example.advantages,
        pad_id=pad_id,
        stop_id=eos_id,
        config=algo_config,
    )
    logps, entropy = completion_logps(
        model,
        train_example.prompt_ids,
        train_example.completion_ids,
        pad_id=pad_id,
        temperature=algo_config.temperature,
        columns=algo_config.columns,
    )
    ratio = jnp.exp(logps - jax.lax.stop_gradient(logps))
    per_token = -train_example.advantages.astype(jnp.float32)[:, None] * ratio
    loss = common.aggregate_loss(per_token, mask, algo_config.loss_agg_mode)
    tokens = jnp.maximum(mask.sum(), 1.0)
    kl = jnp.float32(0.0)
    if train_example.ref_per_token_logps is not None:
        per_token_kl = common.compute_kl_divergence(
            logps, train_example.ref_per_token_logps, algo_config.kl_loss_mode
        )
        loss += algo_config.beta * common.aggregate_loss(
            per_token_kl, mask, algo_config.loss_agg_mode
        )
        kl = jnp.sum(per_token_kl * mask) / tokens
    return loss, {"kl": kl, "entropy": jnp.sum(entropy * mask) / tokens}


function_registry.register_policy_loss_fn(LOSS_NAME)(policy_loss)
