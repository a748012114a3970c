"""Dynamic sampling: groups without variance are replaced by groups of other prompts.

DAPO (arXiv 2503.14476, section 3.2) draws prompts until a batch is full of groups from which
something can be learned. Here the number of draws has a limit, so that a step's time has one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from tunix.rl.common import TrainExample
from tunix.rl.grpo.grpo_learner import GRPOLearner
from tunix.rl.rl_cluster import Mode

from reasoning_train.engine.policy_loss import ROUNDING
from reasoning_train.engine.prompts import PromptBatch

Place = tuple[int, int]
"""A draw and a group in it."""


@dataclass(frozen=True, slots=True)
class Resampling:
    """How a step draws again.

    Attributes:
        draws: How often, at most.
        spare: Prompts for a step (from 1) and a draw (from 1), as many as a batch has; the same
            for the same two numbers, so that a resumed run draws the same.
        settled: Told which groups the step is trained on, in their order, if it drew again.
    """

    draws: int
    spare: Callable[[int, int], PromptBatch]
    settled: Callable[[list[Place]], None]


class ResamplingLearner(GRPOLearner):
    """Tunix's learner, which draws again while a batch has groups whose rewards are all equal."""

    def __init__(self, resampling: Resampling, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._resampling = resampling

    def _generate_and_compute_advantage(
        self, training_input: Any, mode: Mode = Mode.TRAIN
    ) -> TrainExample:
        draw_groups = super()._generate_and_compute_advantage
        drawn = [draw_groups(training_input, mode)]
        size = self.algo_config.num_generations
        flat = [flat_groups(drawn[0], size)]
        rollout = self.rl_cluster.rollout
        try:
            while len(drawn) <= self._resampling.draws and unfilled(flat):
                rollout.draw = len(drawn)
                prompts = self._resampling.spare(rollout.step, rollout.draw)
                drawn.append(draw_groups(prompts.as_training_input(repeats=size), mode))
                flat.append(flat_groups(drawn[-1], size))
        finally:
            rollout.draw = 0
        if len(drawn) == 1:
            return drawn[0]
        places = filled(flat)
        self._resampling.settled(places)
        return take_groups(drawn, places, size)


def flat_groups(batch: TrainExample, size: int) -> np.ndarray:
    """Per group of `size` rows next to each other, whether its rewards are all equal."""
    advantages = np.abs(np.asarray(batch.advantages)).reshape(-1, size)
    return np.asarray(advantages.max(axis=1) <= ROUNDING)


def filled(flat: list[np.ndarray]) -> list[Place]:
    """For each group of the first draw, itself or the next one with variance of a later draw."""
    useful = iter(
        (draw, int(group))
        for draw, found in enumerate(flat)
        if draw
        for group in np.flatnonzero(~found)
    )
    return [
        next(useful, (0, group)) if is_flat else (0, group) for group, is_flat in enumerate(flat[0])
    ]


def unfilled(flat: list[np.ndarray]) -> bool:
    """Whether groups without variance are left after what was drawn so far."""
    return any(draw == 0 and flat[0][group] for draw, group in filled(flat))


def rows_of(places: Sequence[Place], size: int) -> list[tuple[int, int]]:
    """A draw and a row in it, for every row of groups of `size`."""
    return [(draw, group * size + row) for draw, group in places for row in range(size)]


def take_groups(drawn: list[TrainExample], places: Sequence[Place], size: int) -> TrainExample:
    """The rows of those groups, as one batch."""
    rows_of_draw = len(drawn[0].advantages)
    rows = np.array([draw * rows_of_draw + row for draw, row in rows_of(places, size)])
    return jax.tree.map(lambda *parts: jnp.concatenate(parts)[rows], *drawn)
