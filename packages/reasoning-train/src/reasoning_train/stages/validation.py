"""The reward on problems kept out of training, at GRPO's checkpoints: which one is the best.

Greedy completions, as in the final evaluation, but of other problems: a checkpoint that was chosen
because it did well on some problems looks too good on them. The SFT policy, GRPO's step 0, is one
of the candidates, so that a GRPO that only does harm is not the output.

What a kill may find, whenever it comes: the weights of the best checkpoint are on disk before its
figures are, and those that would be the best after going on from an older checkpoint are kept as
long as that may be needed.
"""

import re
import shutil
from typing import Any

from reasoning_data import Task
from reasoning_train.context import RunContext
from reasoning_train.durable import sync_tree
from reasoning_train.engine.checkpoint import save_weights, share_weights, trained_digest
from reasoning_train.engine.model import Policy
from reasoning_train.evaluation.decoding import Decoding
from reasoning_train.evaluation.evaluator import Request, Subject, run_evaluation
from reasoning_train.run_dir.candidates import (
    best_folder,
    best_of,
    choose_best,
    forget_without_weights,
    read_validations,
    validation_folder,
)
from reasoning_train.run_dir.directory import is_whole, numbered


def split_tasks(tasks: list[Task], held_back: int) -> tuple[list[Task], list[Task]]:
    """Tasks to train on, and the last `held_back`, to validate on."""
    cut = len(tasks) - held_back
    return tasks[:cut], tasks[cut:]


class Validation:
    """Validates GRPO's policy at every checkpoint and remembers the best.

    Args:
        context: The run.
        tasks: Problems that nothing is trained on; without any, nothing is validated.

    Attributes:
        stopped: Why GRPO ought to end; empty as long as it may go on.
    """

    def __init__(self, context: RunContext, tasks: list[Task]) -> None:
        self._context = context
        self._tasks = tasks
        self._folder = validation_folder(context.run)
        self.stopped = ""

    def begin(self, start: int) -> None:
        """Forget checkpoints after step `start`, from which an interrupted run goes on.

        Whatever was begun there is removed too: half an evaluation or half a save.
        """
        for path in self._folder.glob("*"):
            step = re.match(r"\.?(\d+)\.", path.name)
            if step and int(step.group(1)) > start:
                path.unlink()
        for path in best_folder(self._context.run).glob("*"):
            if path not in numbered(path.parent) or not is_whole(path):
                shutil.rmtree(path)
        forget_without_weights(self._context.run)
        self._prune()
        self._judge()

    def __call__(self, step: int, policy: Policy) -> None:
        """Validate the policy as it is after an update, if a checkpoint of it is kept."""
        if step % self._context.config.grpo.save_every == 0:
            self._validate(step, policy)

    def finish(self, step: int) -> None:
        """Validate the last checkpoint, unless GRPO was stopped, and choose the best one."""
        if self._tasks and not self.stopped:
            self._context.restore(self._context.run.newest_step("actor"))
            self._validate(step, self._context.model)
        best = best_of(read_validations(self._context.run))
        if best is not None:
            choose_best(self._context.run, best, step, self.stopped)

    def watch_kl(self, step: int, kl: float | None) -> None:
        """Ask GRPO to end when its policy has run away from the SFT policy."""
        limit = self._context.config.validation.max_kl
        if limit and kl is not None and kl > limit and not self.stopped:
            self.stopped = f"at step {step} the KL to the SFT policy was {kl:.3g}, over {limit:g}"

    def _validate(self, step: int, policy: Policy) -> None:
        context = self._context
        if not self._tasks or (self._folder / f"{step}.json").is_file():
            return
        share_weights(context.model, policy)

        def keep_the_best(summary: dict[str, Any]) -> None:
            best = best_of(read_validations(context.run))
            if best is None or summary["mean_reward"] > best.reward:
                folder = best_folder(context.run) / str(step)
                save_weights(context.model, folder / "model_params")
                sync_tree(folder)

        subject = Subject(
            context.config.model.name,
            context.config.seed,
            f"actor/{step}",
            trained_digest(context.model),
        )
        with context.clock.timed("validation"):
            run_evaluation(
                Request(
                    subject,
                    self._tasks,
                    [task.prompt for task in self._tasks],
                    Decoding(context.config.evaluation.batch_size),
                ),
                context.generator,
                context.reward,
                output=self._folder,
                name=str(step),
                console=context.console,
                replace=True,
                before_written=keep_the_best,
            )
        self._prune()
        self._judge()

    def _prune(self) -> None:
        """Remove weights that are not the best, wherever the run may have to go on from.

        The newest checkpoint may still be being written, or turn out damaged: then the run goes on
        from the one before, and what was the best until there is the best again.
        """
        run = self._context.run
        validated = read_validations(run)
        starts = [int(path.name) for path in numbered(run.checkpoints / "actor")]
        kept = {best_of(validated), *(best_of(v for v in validated if v.step <= s) for s in starts)}
        steps = {found.step for found in kept if found is not None}
        for path in numbered(best_folder(run)):
            if int(path.name) not in steps:
                shutil.rmtree(path)

    def _judge(self) -> None:
        patience = self._context.config.validation.patience
        validated = read_validations(self._context.run)
        best = best_of(validated)
        if not patience or best is None:
            return
        later = [v for v in validated if v.step > best.step]
        if len(later) >= patience and not self.stopped:
            self.stopped = (
                f"the reward has not risen in {len(later)} checkpoints since step {best.step}"
            )
