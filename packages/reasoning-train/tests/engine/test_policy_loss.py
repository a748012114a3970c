import jax.numpy as jnp
import numpy as np

from reasoning_train.engine.policy_loss import PolicyConfig, training_mask

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
