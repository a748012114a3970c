"""The reward on problems kept out of training, at GRPO's checkpoints: which one is the best.

Greedy completions, as in the final evaluation, but of other problems: a checkpoint that was chosen
because it did well on some problems looks too good on them.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoning_data import Task
from reasoning_train.context import RunContext
from reasoning_train.durable import write_json
from reasoning_train.engine.checkpoint import save_weights, share_weights
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
        """Forget checkpoints after step `start`, from which an interrupted run goes on."""
        for validated in read_validations(self._context.run):
            if validated.step > start:
                for path in self._folder.glob(f"{validated.step}.*"):
                    path.unlink()
        best = self.best()
        for path in numbered(_best_folder(self._context.run)):
            if best is None or int(path.name) != best.step:
                shutil.rmtree(path)
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
        best = self.best()
        if best is not None:
            choose_best(self._context.run, best, step, self.stopped)

    def watch_kl(self, step: int, kl: float | None) -> None:
        """Ask GRPO to end when its policy has run away from the SFT policy."""
        limit = self._context.config.validation.max_kl
        if limit and kl is not None and kl > limit and not self.stopped:
            self.stopped = f"at step {step} the KL to the SFT policy was {kl:.3g}, over {limit:g}"

    def best(self) -> Validated | None:
        """The checkpoint with the highest mean reward, the earlier one of two equals."""
        return max(
            read_validations(self._context.run), key=lambda v: (v.reward, -v.step), default=None
        )

    def _validate(self, step: int, policy: Policy) -> None:
        context = self._context
        if not self._tasks or (self._folder / f"{step}.json").is_file():
            return
        share_weights(context.model, policy)
        run_evaluation(
            Request(
                Subject(context.config.model.name, context.config.seed, f"actor/{step}"),
                self._tasks,
                [task.prompt for task in self._tasks],
                Decoding(context.config.evaluation.batch_size),
            ),
            context.generator,
            context.reward,
            output=self._folder,
            name=str(step),
            console=context.console,
        )
        best = self.best()
        if best is not None and best.step == step:
            folder = _best_folder(context.run)
            save_weights(context.model, folder / str(step) / "model_params")
            for path in numbered(folder):
                if path.name != str(step):
                    shutil.rmtree(path)
        self._judge()

    def _judge(self) -> None:
        patience, best = self._context.config.validation.patience, self.best()
        if not patience or best is None:
            return
        later = [v for v in read_validations(self._context.run) if v.step > best.step]
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


def read_validations(run: RunDir) -> list[Validated]:
    """Every validated checkpoint, in order."""
    found = []
    for path in validation_folder(run).glob("[0-9]*.json"):
        summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        low, high = summary["ci95"]["mean_reward"]
        found.append(
            Validated(int(path.stem), summary["mean_reward"], low, high, int(summary["n"]))
        )
    return sorted(found, key=lambda validated: validated.step)


def choose_best(run: RunDir, best: Validated, steps: int, stopped: str) -> None:
    """Make the best checkpoint the newest in `checkpoints/actor`, so that everybody reads it.

    Later ones go to `checkpoints/after-best`. `best.json` says what was chosen and, written before
    anything is moved, that GRPO is over.
    """
    write_json(
        _choice(run),
        {
            "step": best.step, "of": steps, "mean_reward": best.reward,
            "ci95": [best.low, best.high], "n": best.n, "stopped": stopped,
        },
    )  # fmt: skip
    finish_choice(run)


def finish_choice(run: RunDir) -> int | None:
    """Move what `best.json` asks to be moved; None if GRPO is not over, else its updates."""
    choice = read_choice(run)
    if choice is None:
        return None
    actor, later = run.checkpoints / "actor", run.checkpoints / "after-best"
    for path in numbered(actor):
        if int(path.name) > choice["step"]:
            later.mkdir(exist_ok=True)
            path.rename(later / path.name)
    kept = _best_folder(run) / str(choice["step"])
    target = actor / kept.name
    if not target.is_dir():
        kept.rename(target)
    shutil.rmtree(_best_folder(run), ignore_errors=True)
    return int(choice["of"])


def read_choice(run: RunDir) -> dict[str, Any] | None:
    """What `best.json` holds; None if nothing was chosen."""
    path = _choice(run)
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _choice(run: RunDir) -> Path:
    return run.checkpoints / "best.json"


def _best_folder(run: RunDir) -> Path:
    return run.checkpoints / "best"


def choice_line(run: RunDir) -> str | None:
    """`GRPO's weights are those of step 20 of 30, …`; None if nothing was chosen."""
    choice = read_choice(run)
    if choice is None:
        return None
    low, high = choice["ci95"]
    stopped = f"; it ended because {choice['stopped']}" if choice["stopped"] else ""
    return (
        f"GRPO's weights are those of step {choice['step']} of {choice['of']}, the best in reward: "
        f"{choice['mean_reward']:.3f}, 95 % CI {low:.3f} to {high:.3f}, on {choice['n']} problems "
        f"kept out for that{stopped}"
    )
