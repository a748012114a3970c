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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoning_data import Task
from reasoning_train.choice import choice_file, read_choice
from reasoning_train.context import RunContext
from reasoning_train.durable import move, read_json, sync_tree, write_json
from reasoning_train.engine.checkpoint import save_weights, share_weights, trained_digest
from reasoning_train.engine.model import Policy
from reasoning_train.evaluation.decoding import Decoding
from reasoning_train.evaluation.evaluating import Request, Subject, run_evaluation
from reasoning_train.run_dir import RunDir


@dataclass(frozen=True, slots=True)
class Validated:
    """One checkpoint's mean reward with its 95 % interval over `n` problems."""

    step: int
    reward: float
    low: float
    high: float
    n: int


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
        for path in _best_folder(self._context.run).glob("*"):
            if path not in numbered(path.parent) or not _is_whole(path):
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
                folder = _best_folder(context.run) / str(step)
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
        for path in numbered(_best_folder(run)):
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


def numbered(folder: Path) -> list[Path]:
    """The checkpoints of a folder; an interrupted save, `N.orbax-checkpoint-tmp`, is none."""
    return [path for path in folder.glob("[0-9]*") if path.name.isdigit()]


def validation_folder(run: RunDir) -> Path:
    """Where `<step>.json` and its predictions go."""
    return run.evaluation / "validation"


def best_of(validated: Iterable[Validated]) -> Validated | None:
    """The one with the highest mean reward, the earlier one of two equals."""
    return max(validated, key=lambda v: (v.reward, -v.step), default=None)


def read_validations(run: RunDir) -> list[Validated]:
    """Every validated checkpoint, in order; the SFT policy is step 0.

    Raises:
        UserError: A file of them is damaged.
    """
    files = (path for path in validation_folder(run).glob("[0-9]*.json") if path.stem.isdigit())
    read = ((int(path.stem), read_json(path, _figures)) for path in files)
    found = [Validated(step, *figures) for step, figures in read if figures is not None]
    return sorted(found, key=lambda validated: validated.step)


def _figures(summary: dict[str, Any]) -> tuple[float, float, float, int]:
    low, high = summary["ci95"]["mean_reward"]
    return float(summary["mean_reward"]), float(low), float(high), int(summary["n"])


def forget_without_weights(run: RunDir) -> None:
    """Forget the figures of checkpoints that would be chosen and whose weights are gone.

    What is still a checkpoint of GRPO's is copied first: those are removed as newer ones come.
    """
    while (best := best_of(read_validations(run))) is not None:
        kept, of_grpo = (folder / str(best.step) for folder in _places(run))
        if not _is_whole(kept) and _is_whole(of_grpo):
            beside = kept.with_name(f".{kept.name}.tmp")
            shutil.rmtree(beside, ignore_errors=True)
            shutil.copytree(of_grpo / "model_params", beside / "model_params")
            sync_tree(beside)
            shutil.rmtree(kept, ignore_errors=True)
            move(beside, kept)
        if _is_whole(kept):
            return
        (validation_folder(run) / f"{best.step}.json").unlink()


def choose_best(run: RunDir, best: Validated, steps: int, stopped: str) -> None:
    """Make the best checkpoint the newest in `checkpoints/actor`, so that everybody reads it.

    Later ones go to `checkpoints/after-best`. `best.json` says what was chosen and, written before
    anything is moved, that GRPO is over.
    """
    write_json(
        choice_file(run),
        {
            "step": best.step, "of": steps, "mean_reward": best.reward,
            "ci95": [best.low, best.high], "n": best.n, "stopped": stopped,
            "candidates": len(read_validations(run)),
        },
    )  # fmt: skip
    finish_choice(run)


def finish_choice(run: RunDir) -> int | None:
    """Move what `best.json` asks to be moved; None if GRPO is not over, else its updates.

    Nothing is moved before the chosen weights are in their place. Where they are gone the choice is
    withdrawn, to be made again among the others.
    """
    choice = read_choice(run)
    if choice is None:
        return None
    best, actor = _places(run)
    kept, target = best / str(choice["step"]), actor / str(choice["step"])
    if not _is_whole(target):
        if not _is_whole(kept):
            choice_file(run).unlink()
            (validation_folder(run) / f"{choice['step']}.json").unlink(missing_ok=True)
            return None
        actor.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        move(kept, target)
    later = run.checkpoints / "after-best"
    for path in numbered(actor):
        if int(path.name) > choice["step"]:
            later.mkdir(exist_ok=True)
            move(path, later / path.name)
    shutil.rmtree(best, ignore_errors=True)
    return int(choice["of"])


def _best_folder(run: RunDir) -> Path:
    return run.checkpoints / "best"


def _places(run: RunDir) -> Sequence[Path]:
    """Where the weights of a step can be: kept as the best, and as GRPO's checkpoint."""
    return _best_folder(run), run.checkpoints / "actor"


def _is_whole(checkpoint: Path) -> bool:
    """Whether a save has ended: Orbax gives the weights their name when they are written."""
    return (checkpoint / "model_params").is_dir()
