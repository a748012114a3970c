import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tunix.rl import function_registry
from tunix.rl.common import TrainExample

from reasoning_train.engine.resampling import filled, flat_groups, take_groups, unfilled

SIZE = 4


def example(advantages: np.ndarray, first: int = 0) -> TrainExample:
    """Rows numbered from `first`, so that one sees where each comes from."""
    rows = len(advantages)
    ids = jnp.arange(first, first + rows)[:, None]
    return TrainExample(
        prompt_ids=ids,
        prompt_mask=ids >= 0,
        completion_ids=ids,
        completion_mask=ids >= 0,
        advantages=jnp.asarray(advantages, jnp.float32),
        ref_per_token_logps=None,
        old_per_token_logps=None,
    )


@pytest.mark.parametrize("estimator", ["rloo", "drgrpo", "grpo"])
@given(reward=st.floats(0.0, 1.0), other=st.floats(0.001, 1.0))
def test_equal_rewards_are_flat_whatever_rounding_leaves(
    estimator: str, reward: float, other: float
) -> None:
    rewards = np.array([reward] * SIZE + [reward + other] + [reward] * (SIZE - 1))
    advantages = function_registry.get_advantage_estimator(estimator)(
        rewards=rewards, num_generations=SIZE
    )
    assert flat_groups(example(advantages), SIZE).tolist() == [True, False]


draws = st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=4)


@given(draws)
def test_flat_groups_of_the_first_draw_are_replaced_while_there_are_better_ones(
    flags: list[list[bool]],
) -> None:
    flat = [np.array(found) for found in flags]
    places = filled(flat)
    assert len(set(places)) == 3  # nothing is trained on twice
    kept = [group for draw, group in places if draw == 0]
    assert all((0, group) == places[group] for group in kept)
    assert all(not flat[draw][group] for draw, group in places if draw)
    spare = sum(int((~found).sum()) for found in flat[1:])
    assert sum(draw > 0 for draw, _ in places) == min(int(flat[0].sum()), spare)
    assert unfilled(flat) == (int(flat[0].sum()) > spare)


def test_rows_of_a_group_stay_together() -> None:
    drawn = [example(np.zeros(8)), example(np.ones(8), first=100)]
    batch = take_groups(drawn, [(1, 1), (0, 1)], SIZE)
    assert batch.completion_ids[:, 0].tolist() == [104, 105, 106, 107, 4, 5, 6, 7]
    assert batch.advantages.tolist() == [1.0] * 4 + [0.0] * 4
    assert batch.ref_per_token_logps is None
