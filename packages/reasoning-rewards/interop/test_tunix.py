"""`tunix_rewards` in the reward manager of Tunix, which every learner calls functions through."""

import numpy as np
import pytest
from tunix.rl.grpo.grpo_learner import GRPOConfig
from tunix.rl.reward_manager import SequenceRewardManager

from reasoning_rewards import CompositeReward, render
from reasoning_rewards.adapters import tunix_rewards

PROMPT = "A box holds 6 pens. How many pens are in 7 boxes?"
COMPLETIONS = [
    render("A box holds 6 pens.\nSo 7 boxes hold 6 * 7 = 42 pens.", "42"),
    render("A box holds 6 pens.\nSo 7 boxes hold 6 * 7 = 43 pens.", "43"),
    "no tags at all",
    "",
]


@pytest.mark.parametrize("as_array", [False, True])
def test_a_group_is_rewarded_with_the_totals(as_array: bool) -> None:
    manager = SequenceRewardManager(
        tunix_rewards(gold_column="answer"), GRPOConfig(num_generations=len(COMPLETIONS))
    )
    answers = ["42"] * len(COMPLETIONS)
    info = manager(
        prompts=[PROMPT] * len(COMPLETIONS),
        completions=COMPLETIONS,
        # Tunix hands the columns on as the data loader made them.
        answer=np.array(answers) if as_array else answers,
        trajectory_ids=["0"] * len(COMPLETIONS),
        mode="train",
    )
    scores = CompositeReward().score_batch(COMPLETIONS, answers, [PROMPT] * len(COMPLETIONS))
    assert info["rewards"] == pytest.approx([score.total for score in scores])
    for name in ("correctness", "structure", "confidence"):
        logged, _ = info["log_metrics"][f"rewards/{name}_reward"]
        assert np.isfinite(logged).all()
    assert info["log_metrics"]["rewards/correctness_reward"][0] == pytest.approx([0.6, 0, 0, 0])
