"""GRPO stage: the SFT policy → adapters in `checkpoints/actor`, with every rollout kept."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from reasoning_data import Task, read_tasks
from reasoning_rewards import CompositeReward, Score
from reasoning_train.batching import endless_batches
from reasoning_train.context import RunContext
from reasoning_train.engine.grpo import GrpoSettings, PromptBatch, run_grpo
from reasoning_train.engine.optimizer import OptimizerSettings
from reasoning_train.metrics import MetricsLog
from reasoning_train.progress import task
from reasoning_train.rewarding import composite_reward

STAGE = "grpo"


@dataclass
class RolloutRecorder:
    """Scores each step's rollouts, keeps them on disk, and remembers their means for the metrics.

    Attributes:
        reward: The composite reward.
        generations: Completions a prompt.
        folder: Where `<step>.jsonl` goes.
        means: Step to the means of its rewards.
    """

    reward: CompositeReward
    generations: int
    folder: Path
    means: dict[int, dict[str, float]] = field(default_factory=dict)
    step: int = 0

    def __call__(
        self, ids: list[str], prompts: list[str], completions: list[str], golds: list[str]
    ) -> list[float]:
        """Totals in the order of the completions."""
        scores = self.reward.score_batch(completions, golds, prompts)
        self.step += 1
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{self.step:06d}.jsonl").open("w", encoding="utf-8") as file:
            for row in zip(ids, prompts, completions, golds, scores, strict=True):
                file.write(json.dumps(rollout_record(self.step, *row), ensure_ascii=False) + "\n")
        self.means[self.step] = self._means(scores)
        return [score.total for score in scores]

    def _means(self, scores: list[Score]) -> dict[str, float]:
        groups = np.array([s.total for s in scores]).reshape(-1, self.generations)
        names = ("total", "correctness", "structure", "confidence")
        return {
            **{f"reward/{n}": float(np.mean([getattr(s, n) for s in scores])) for n in names},
            "zero_variance_share": float(np.mean(groups.std(axis=1) < 1e-9)),
        }


def rollout_record(
    step: int, problem_id: str, prompt: str, completion: str, gold: str, score: Score
) -> dict[str, object]:
    """One line of a rollout file."""
    return {
        "step": step,
        "id": problem_id,
        "prompt": prompt,
        "completion": completion,
        "gold": gold,
        "total": score.total,
        "correctness": score.correctness,
        "structure": score.structure,
        "confidence": score.confidence,
        "status": score.status.value,
    }


def prompt_batches(tasks: list[Task], size: int, seed: int) -> Iterator[PromptBatch]:
    """Endless batches of `size` prompts."""
    for batch in endless_batches(tasks, size, seed=seed):
        yield PromptBatch([t.id for t in batch], [t.prompt for t in batch], [t.gold for t in batch])


def train_grpo(context: RunContext) -> int:
    """Run the stage from the newest SFT checkpoint and return the number of updates."""
    config, run = context.config, context.run
    context.restore(run.newest_step("sft"))
    recorder = RolloutRecorder(
        composite_reward(config.reward), config.grpo.num_generations, run.rollouts
    )
    batches = prompt_batches(read_tasks(run.data, "grpo"), config.grpo.batch_size, config.seed)
    log = MetricsLog(run.metrics, STAGE, context.clock)
    with task(context.console, "GRPO", config.grpo.steps) as progress:

        def on_step(step: int, values: dict[str, float]) -> None:
            rewards = recorder.means.pop(step)
            log.write(step, {**values, **rewards})
            progress.update(step, f"reward {rewards['reward/total']:.3f}")

        return run_grpo(
            context.model,
            context.clock.until_deadline(batches, STAGE),
            recorder,
            mesh=context.mesh,
            tokenizer=context.tokenizer,
            lengths=context.lengths,
            batch_size=config.grpo.batch_size,
            settings=GrpoSettings(
                generations=config.grpo.num_generations,
                micro_batch=config.grpo.micro_batch or config.grpo.batch_size,
                temperature=config.grpo.temperature,
                advantage=config.grpo.advantage,
                aggregation=config.grpo.aggregation,
                kl_coefficient=config.grpo.kl_coefficient,
                columns=config.model.head_columns,
            ),
            optimizer=OptimizerSettings(
                config.grpo.learning_rate, config.grpo.steps, config.grpo.warmup_steps
            ),
            seed=config.seed,
            checkpoints=run.checkpoints.absolute(),
            on_step=on_step,
        )
