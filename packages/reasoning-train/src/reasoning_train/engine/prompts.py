"""The prompts of a step, as the stage hands them over and as Tunix takes them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class PromptBatch:
    """One step's prompts, each with its id and gold."""

    ids: list[str]
    prompts: list[str]
    golds: list[str]

    def as_training_input(self, repeats: int = 1) -> dict[str, np.ndarray]:
        """Columns for Tunix's learner, each row `repeats` times in a row."""
        columns = {"prompts": self.prompts, "gold": self.golds, "problem_id": self.ids}
        return {name: np.repeat(np.array(rows), repeats) for name, rows in columns.items()}
