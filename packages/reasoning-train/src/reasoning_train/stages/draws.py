"""Which prompts GRPO is given: each problem once an epoch, or by the chance that it teaches."""

from collections.abc import Iterator
from itertools import count
from typing import Any

from reasoning_data import Task
from reasoning_train.config import RunConfig
from reasoning_train.engine.prompts import PromptBatch
from reasoning_train.loop.batching import endless_batches
from reasoning_train.loop.rollback import Rollbacks
from reasoning_train.run_dir.directory import RunDir
from reasoning_train.run_dir.rollout_files import read_rollouts
from reasoning_train.samples.pass_rates import PassRate, pass_rates, read_pass_rates
from reasoning_train.samples.pool import Pool


def prompt_batches(tasks: list[Task], size: int, seed: int) -> Iterator[PromptBatch]:
    """Endless batches of `size` prompts."""
    return map(as_prompts, endless_batches(tasks, size, seed=seed))


def spare_prompts(tasks: list[Task], size: int, seed: int, step: int, draw: int) -> PromptBatch:
    """Prompts to draw again with, which follow from the numbers alone."""
    return as_prompts(next(endless_batches(tasks, size, seed=f"{seed}:spare:{step}:{draw}")))


class Draws:
    """The prompts of every update, and of an update's further draws.

    Args:
        tasks: GRPO's problems.
        config: The settings.
        run: Where pass rates and rollouts are.
    """

    def __init__(self, tasks: list[Task], config: RunConfig, run: RunDir) -> None:
        self._tasks = tasks
        self._size, self._seed = config.grpo.batch_size, config.seed
        self._rollouts = run.rollouts
        self.pool: Pool | None = None
        self.metrics: dict[int, dict[str, float]] = {}
        if config.grpo.prompts == "pool":
            self._by_id = {task.id: task for task in tasks}
            rates = read_pass_rates(run)
            self.pool = Pool(
                {name: rates[name] for name in self._by_id if name in rates},
                generations=config.grpo.num_generations,
                extremes=config.grpo.pool_extremes,
            )

    def batches(self, rollbacks: Rollbacks) -> Iterator[PromptBatch]:
        """Endless batches, from the first update on.

        A pool learns from the rollouts on disk, those of the update before included: a resumed run
        reads the same.
        """
        if self.pool is None:
            yield from rollbacks.skip(prompt_batches(self._tasks, self._size, self._seed))
            return
        for step, index in enumerate(rollbacks.skip(count()), start=1):
            if step > 1:
                rows = read_rollouts(self._rollouts, step - 1, "id", "correctness")
                self.pool.see(groups_of(rows))
            self.metrics[step] = self.pool.metrics()
            yield self._drawn(self.pool, index)

    def spare(self, step: int, draw: int) -> PromptBatch:
        """Prompts to draw again with, which follow from the numbers alone, and from the pool."""
        if self.pool is None:
            return spare_prompts(self._tasks, self._size, self._seed, step, draw)
        return self._drawn(self.pool, step, draw)

    def _drawn(self, pool: Pool, *key: int) -> PromptBatch:
        return as_prompts([self._by_id[name] for name in pool.draw(self._size, (self._seed, *key))])


def groups_of(rows: list[dict[str, Any]]) -> list[tuple[str, PassRate]]:
    """Problem and outcome of every group of an update."""
    right = ({**row, "correct": row["correctness"] >= 0.5} for row in rows)
    return list(pass_rates(right).items())


def as_prompts(batch: list[Task]) -> PromptBatch:
    """What training takes of the problems."""
    return PromptBatch([t.id for t in batch], [t.prompt for t in batch], [t.gold for t in batch])
