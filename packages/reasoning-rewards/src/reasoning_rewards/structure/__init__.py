"""Structure: whether a trace shows its work, and whether that work answers the question."""

from reasoning_rewards.structure.rubric import Item, Pitfall, Rubric, StructureScore

__all__ = ["Item", "Pitfall", "Rubric", "StructureScore"]
