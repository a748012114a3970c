"""The composite reward that a run's configuration asks for, step by step."""

from dataclasses import dataclass

from reasoning_rewards import CompositeReward, Weights
from reasoning_train.config.schema import RewardSection


def composite_reward(section: RewardSection) -> CompositeReward:
    """The reward with the section's weights, those of the first step."""
    return RewardSchedule(section, steps=1).at(1)


@dataclass(frozen=True, slots=True)
class RewardSchedule:
    """Weights that move in a straight line from those of the first step to those of the last.

    With `structure_at_end` and `confidence_at_end` unset nothing moves. Correctness has the rest.
    """

    section: RewardSection
    steps: int

    def weights_at(self, step: int) -> Weights:
        """The weights of a step, counted from 1."""
        section = self.section
        done = min(max((step - 1) / max(self.steps - 1, 1), 0.0), 1.0)

        def between(start: float, end: float | None) -> float:
            return start if end is None else start + done * (end - start)

        if section.structure_at_end is None and section.confidence_at_end is None:
            return Weights(section.correctness, section.structure, section.confidence)
        structure = between(section.structure, section.structure_at_end)
        confidence = between(section.confidence, section.confidence_at_end)
        return Weights(1.0 - structure - confidence, structure, confidence)

    def at(self, step: int) -> CompositeReward:
        """The reward of a step, counted from 1."""
        return CompositeReward(self.weights_at(step))
