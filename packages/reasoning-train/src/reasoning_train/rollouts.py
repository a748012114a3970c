"""Score the rollouts of each GRPO step, keep them on disk, and sum them up for the metrics."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from reasoning_rewards import Score, TraceStatus, Weights
from reasoning_train.engine.grpo import Rollouts
from reasoning_train.errors import TrainingError
from reasoning_train.rewarding import RewardSchedule
from reasoning_train.user_reward import RewardRow, UserReward

COMPONENTS = ("correctness", "structure", "confidence")


@dataclass
class RolloutRecorder:
    """Scores each step's rollouts, keeps them on disk, and remembers their means for the metrics.

    Attributes:
        rewards: The composite reward of each step.
        generations: Completions a prompt.
        folder: Where `<step>.jsonl` goes.
        extra: The user's own functions.
        max_left_out: Share of a step's completions without a reward that stops training.
        step: The last step that was scored.
        means: Step to what the metrics say of its rollouts.
    """

    rewards: RewardSchedule
    generations: int
    folder: Path
    extra: tuple[UserReward, ...] = ()
    max_left_out: float = 1.0
    step: int = 0
    means: dict[int, dict[str, float]] = field(default_factory=dict)

    def __call__(self, rollouts: Rollouts) -> list[float]:
        """Totals in the order of the rows.

        A row for which a function of the user's has no value is left out: it gets the mean of its
        group, from which nothing is learned.

        Raises:
            TrainingError: Too many rows were left out.
        """
        self.step += 1
        reward = self.rewards.at(self.step)
        scores = reward.score_batch(rollouts.completions, rollouts.golds, rollouts.prompts)
        totals, faults = self._with_extra(rollouts, [score.total for score in scores])
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{self.step:06d}.jsonl").open("w", encoding="utf-8") as file:
            for row, score in enumerate(scores):
                record = rollout_record(self.step, rollouts, row, score)
                record |= {"total": totals[row]} | ({"fault": faults[row]} if faults[row] else {})
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
        left_out = sum(map(bool, faults)) / len(faults)
        self.means[self.step] = {
            **summarise_rollouts(
                rollouts, scores, self.generations, self.rewards.weights_at(self.step)
            ),
            "reward/total": float(np.mean(totals)),
            "left_out": left_out,
        }
        if left_out > self.max_left_out:
            raise TrainingError(
                f"grpo stopped at step {self.step}: {left_out:.0%} of the completions have no "
                f"reward, reward.max_left_out is {self.max_left_out:.0%}; the first fault: "
                f"{next(filter(None, faults))}"
            )
        return totals

    def _with_extra(self, rollouts: Rollouts, totals: list[float]) -> tuple[list[float], list[str]]:
        """Totals with the user's functions added, and per row why it has none ("" if it has)."""
        faults = [""] * len(totals)
        rows = [
            RewardRow(*row)
            for row in zip(rollouts.completions, rollouts.golds, rollouts.prompts, strict=True)
        ]
        for function in self.extra:
            for index, outcome in enumerate(function.score(rows)):
                if outcome.value is None:
                    faults[index] = faults[index] or f"{function.name} {outcome.fault}"
                else:
                    totals[index] += function.weight * outcome.value
        for start in range(0, len(totals), self.generations):
            group = range(start, start + self.generations)
            valid = [totals[i] for i in group if not faults[i]]
            mean = float(np.mean(valid)) if valid else 0.0
            for i in group:
                totals[i] = mean if faults[i] else totals[i]
        return totals, faults

    def forget_later_steps(self) -> None:
        """Remove what an interrupted process wrote after `step`: those steps are made again."""
        for path in self.folder.glob("*.jsonl"):
            if int(path.stem) > self.step:
                path.unlink()


def rollout_record(step: int, rollouts: Rollouts, row: int, score: Score) -> dict[str, object]:
    """One line of a rollout file."""
    return {
        "step": step,
        "id": rollouts.ids[row],
        "prompt": rollouts.prompts[row],
        "completion": rollouts.completions[row],
        "gold": rollouts.golds[row],
        "tokens": rollouts.tokens[row],
        "finished": rollouts.finished[row],
        "total": score.total,
        "correctness": score.correctness,
        "structure": score.structure,
        "confidence": score.confidence,
        "status": score.status.value,
    }


def summarise_rollouts(
    rollouts: Rollouts, scores: list[Score], generations: int, weights: Weights
) -> dict[str, float]:
    """What the metrics of a step say of its rollouts.

    `advantage/<component>` is the mean size of that component's part of the centred rewards: which
    component the policy is being pushed by. `zero_variance_share` counts groups that push nowhere.
    """
    totals = _by_group([score.total for score in scores], generations)
    values = {"reward/total": float(totals.mean())}
    for name in COMPONENTS:
        parts = _by_group([getattr(score, name) for score in scores], generations)
        centred = getattr(weights, name) * (parts - parts.mean(axis=1, keepdims=True))
        values[f"reward/{name}"] = float(parts.mean())
        values[f"advantage/{name}"] = float(np.abs(centred).mean())
    well_formed = [score.status is TraceStatus.WELL_FORMED for score in scores]
    return {
        **values,
        "zero_variance_share": float(np.mean(totals.std(axis=1) < 1e-9)),
        "well_formed": float(np.mean(well_formed)),
        "cut_share": 1.0 - float(np.mean(rollouts.finished)),
        "completion_tokens": float(np.mean(rollouts.tokens)),
    }


def _by_group(values: list[float], generations: int) -> np.ndarray:
    return np.array(values, dtype=np.float64).reshape(-1, generations)
