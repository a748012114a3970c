"""The composite reward that a run's configuration asks for."""

from reasoning_rewards import CompositeReward, Weights
from reasoning_train.config.schema import RewardSection


def composite_reward(section: RewardSection) -> CompositeReward:
    """The reward with the section's weights."""
    return CompositeReward(Weights(section.correctness, section.structure, section.confidence))
