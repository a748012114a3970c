import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tunix.rl import common
from tunix.rl.grpo.grpo_learner import TrainExample

from reasoning_train.engine.gemma import Policy
from reasoning_train.engine.grpo import GrpoSettings, policy_config
from reasoning_train.engine.logps import completion_logps
from reasoning_train.engine.policy_loss import (
    PolicyConfig,
    policy_loss,
    token_weights,
    training_mask,
)

PAD, STOP = 0, 1
COMPLETIONS = jnp.array([[5, 6, STOP, PAD], [5, 6, 7, 8], [5, STOP, PAD, PAD], [5, 6, 7, STOP]])
# Equal rewards leave a rounding error in Tunix's estimators.
ADVANTAGES = jnp.array([0.5, -0.5, 1e-16, 0.0])


def mask(**options: bool) -> list[list[float]]:
    config = PolicyConfig(num_generations=2, **options)
    found = training_mask(COMPLETIONS, ADVANTAGES, pad_id=PAD, stop_id=STOP, config=config)
    return np.asarray(found).tolist()


def test_every_token_counts_but_padding() -> None:
    assert mask() == [[1, 1, 1, 0], [1, 1, 1, 1], [1, 1, 0, 0], [1, 1, 1, 1]]


def test_cut_completions_are_left_out() -> None:
    assert mask(overlong_filter=True) == [[1, 1, 1, 0], [0, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1]]


def test_groups_of_equal_rewards_are_left_out() -> None:
    assert mask(drop_flat_groups=True) == [[1, 1, 1, 0], [1, 1, 1, 1], [0] * 4, [0] * 4]


def test_a_padding_token_amid_a_completion_counts() -> None:
    found = training_mask(
        jnp.array([[5, PAD, 6, PAD]]),
        jnp.array([0.5]),
        pad_id=PAD,
        stop_id=STOP,
        config=PolicyConfig(num_generations=2),
    )
    assert found.tolist() == [[1, 1, 1, 0]]


@pytest.mark.parametrize(
    "aggregation", ["token-mean", "sequence-mean-token-mean", "sequence-mean-token-scale"]
)
def test_weights_make_tunixs_mean_of_the_whole_batch(aggregation: str) -> None:
    rng = np.random.default_rng(0)
    lengths = np.array([6, 1, 0, 3])  # a row may be left out
    tokens = jnp.array(np.arange(6) < lengths[:, None], jnp.float32)
    losses = jnp.array(rng.normal(size=(4, 6)), jnp.float32)
    weights = token_weights(tokens, aggregation)
    expected = common.aggregate_loss(losses, tokens, aggregation)
    np.testing.assert_allclose(jnp.sum(weights.loss * losses), expected, rtol=1e-5)
    np.testing.assert_allclose(jnp.sum(weights.mean), 1.0, rtol=1e-6)


def test_weights_of_nothing_are_zero_and_an_unknown_aggregation_is_an_error() -> None:
    assert not np.any(token_weights(jnp.zeros((2, 3)), "token-mean").loss)
    with pytest.raises(ValueError, match="unknown aggregation 'sum'"):
        token_weights(jnp.ones((2, 3)), "sum")


def test_the_policy_that_is_trained_never_says_padding(gemma2: Policy) -> None:
    """Like the one that was sampled; a random Gemma 2 would say it often."""
    prompts = jnp.array([[2, 40, 50, 60]] * 4)
    example = TrainExample(
        prompt_ids=prompts,
        prompt_mask=prompts != PAD,
        completion_ids=COMPLETIONS,
        completion_mask=COMPLETIONS != PAD,
        advantages=ADVANTAGES,
        ref_per_token_logps=None,
        old_per_token_logps=None,
    )
    config = PolicyConfig(num_generations=2)
    config.temperature = 0.7
    weights = token_weights(jnp.asarray(mask()), "token-mean")
    _, means = policy_loss(gemma2, example, weights, config=config, pad_id=PAD)
    free, restrained = (
        completion_logps(
            gemma2, prompts, COMPLETIONS, pad_id=PAD, temperature=0.7, never=never
        ).entropy
        for never in (None, PAD)
    )
    assert float(means["entropy"]) == pytest.approx(float(jnp.sum(restrained * weights.mean)))
    assert float(means["entropy"]) < float(jnp.sum(free * weights.mean)) - 1e-4


FIRST, SECOND = np.random.default_rng(4).normal(size=(2, 4, 3))
"""Logits of two policies over words of two letters out of three: of the first letter, and of the
second after each first one."""


def log_policy(logits: jax.Array, word: tuple[int, int]) -> jax.Array:
    """Log-probabilities of a word's two letters."""
    first, second = word
    logs = jax.nn.log_softmax(logits)
    return jnp.array([logs[0, first], logs[1 + first, second]])


def kl_of_places(logits: jax.Array, reference: jax.Array, *, of_reference: bool) -> jax.Array:
    """KL at each place, the letters before it drawn from the policy and without a gradient."""
    logs, others = jax.nn.log_softmax(logits), jax.nn.log_softmax(reference)
    reached = jnp.concatenate([jnp.ones(1), jnp.exp(jax.lax.stop_gradient(logs[0]))])
    one, other = (others, logs) if of_reference else (logs, others)
    return jnp.sum(reached * jnp.sum(jnp.exp(one) * (one - other), axis=1))


def sampled_gradient(method: str) -> np.ndarray:
    """The mean gradient of a KL estimator as a loss, exactly: over all words, as drawn."""
    policy, reference = jnp.array(3 * FIRST), jnp.array(SECOND)

    def loss(logits: jax.Array) -> jax.Array:
        total = jnp.zeros(())
        for word in itertools.product(range(3), repeat=2):
            logps = log_policy(logits, word)
            drawn = jax.lax.stop_gradient(jnp.exp(logps.sum()))
            kl = common.compute_kl_divergence(logps, log_policy(reference, word), method)
            total += drawn * kl.sum()
        return total

    return np.asarray(jax.grad(loss)(policy))


def exact_gradient(*, of_reference: bool) -> np.ndarray:
    policy, reference = jnp.array(3 * FIRST), jnp.array(SECOND)
    gradient = jax.grad(lambda x: kl_of_places(x, reference, of_reference=of_reference))(policy)
    return np.asarray(gradient)


def test_the_kl_in_the_loss_has_the_gradient_of_the_kl_that_is_reported() -> None:
    settings = GrpoSettings(2, 1, 1.0, "rloo", "token-mean", 0.1, 8)
    ours = sampled_gradient(policy_config(settings).kl_loss_mode)
    np.testing.assert_allclose(ours, exact_gradient(of_reference=False), atol=1e-5)


def test_k3_as_a_loss_has_that_of_the_other_kl_and_k1_none() -> None:
    """Why not the estimator of GRPO's paper, nor stock's default."""
    k3, ours = sampled_gradient("low_var_kl"), exact_gradient(of_reference=False)
    np.testing.assert_allclose(k3, exact_gradient(of_reference=True), atol=1e-5)
    cosine = np.sum(k3 * ours) / np.linalg.norm(k3) / np.linalg.norm(ours)
    assert cosine < 0.9
    np.testing.assert_allclose(sampled_gradient("kl"), 0.0, atol=1e-5)
