"""GRPO stage: the SFT policy → trained weights in `checkpoints/actor`, with every rollout kept."""

from collections.abc import Iterator
from functools import partial
from itertools import takewhile

from reasoning_data import Task, read_tasks
from reasoning_train.config import engine_settings as settings
from reasoning_train.context import RunContext
from reasoning_train.engine.grpo import run_grpo
from reasoning_train.engine.prompts import PromptBatch
from reasoning_train.engine.resampling import Resampling
from reasoning_train.loop.batching import endless_batches
from reasoning_train.loop.hopeless import HopelessWatch
from reasoning_train.loop.non_finite import NonFiniteGuard
from reasoning_train.loop.progress import task
from reasoning_train.loop.rollback import Rollbacks, train_with_rollback
from reasoning_train.loop.step_meter import StepMeter
from reasoning_train.reward.recorder import RolloutRecorder
from reasoning_train.reward.schedule import RewardSchedule
from reasoning_train.run_dir.candidates import finish_choice
from reasoning_train.run_dir.metrics import last_step, logged_lines
from reasoning_train.run_dir.resume import resume_step
from reasoning_train.stages.validation import Validation, split_tasks

STAGE = "grpo"
ACTOR = "actor"
"""Folder of its checkpoints."""


def prompt_batches(tasks: list[Task], size: int, seed: int) -> Iterator[PromptBatch]:
    """Endless batches of `size` prompts."""
    return map(as_prompts, endless_batches(tasks, size, seed=seed))


def spare_prompts(tasks: list[Task], size: int, seed: int, step: int, draw: int) -> PromptBatch:
    """Prompts to draw again with, which follow from the numbers alone."""
    return as_prompts(next(endless_batches(tasks, size, seed=f"{seed}:spare:{step}:{draw}")))


def as_prompts(batch: list[Task]) -> PromptBatch:
    """What training takes of the problems."""
    return PromptBatch([t.id for t in batch], [t.prompt for t in batch], [t.gold for t in batch])


def train_grpo(context: RunContext) -> int:
    """Run the stage from the newest SFT checkpoint and return the number of updates.

    With `validation.problems` the newest checkpoint in `checkpoints/actor` is then the best one.
    """
    config, run = context.config, context.run
    chosen = finish_choice(run)
    if chosen is not None:
        return chosen
    tasks, held_back = split_tasks(read_tasks(run.data, "grpo"), config.validation.problems)
    validation = Validation(context, held_back)
    updates = train_with_rollback(
        lambda rollbacks: _update(context, tasks, validation, rollbacks),
        run.checkpoints.absolute() / ACTOR,
        rollback=config.grpo.after_skipped == "rollback",
    )
    validation.finish(updates)
    return updates


def _update(
    context: RunContext, tasks: list[Task], validation: Validation, rollbacks: Rollbacks
) -> int:
    """Go on from the newest checkpoint to the end of the stage; the number of updates."""
    config, run = context.config, context.run
    start = resume_step(run.checkpoints.absolute() / ACTOR, last_step(run.metrics, STAGE))
    validation.begin(start)
    if validation.stopped or (config.grpo.bound == "steps" and start >= config.grpo.steps):
        return start
    optimizer = settings.optimizer_settings(config.grpo)
    rate = context.rate(config.grpo, STAGE)
    context.restore(run.newest_step("sft"))
    validation(0, context.model)
    if validation.stopped:
        return start
    recorder = RolloutRecorder(
        RewardSchedule(config.reward, config.grpo.steps),
        config.grpo.num_generations,
        run.rollouts,
        context.lengths.cache,
        extra=context.user_rewards,
        max_left_out=config.reward.max_left_out,
        step=start,
    )
    recorder.forget_later_steps()
    batches = takewhile(
        lambda _: not validation.stopped,
        rollbacks.skip(prompt_batches(tasks, config.grpo.batch_size, config.seed)),
    )
    guard = NonFiniteGuard(STAGE, config.grpo.max_skipped)
    watch = HopelessWatch(
        config.grpo.hopeless_steps,
        config.grpo.after_hopeless == "stop",
        context.say,
        (line.values for line in logged_lines(run.metrics, STAGE) if line.step <= start),
    )
    log, meter = context.metrics_log(STAGE, start), StepMeter()
    with (
        task(context.console, "GRPO", context.extent(config.grpo, STAGE)) as progress,
        context.interruption.deferred(),
    ):
        draws = config.grpo.resample_flat_groups
        spare = partial(spare_prompts, tasks, config.grpo.batch_size, config.seed)

        def on_step(step: int, values: dict[str, float]) -> None:
            rewards = recorder.means.pop(step)
            guard.check(step, values["skipped"])
            validation.watch_kl(step, values.get("kl"))
            log.write(
                step,
                {**values, **rewards, "learning_rate": rate(step)},
                meter.machine(step, rewards["tokens"]),
            )
            watch.check(step, rewards)
            progress.update(
                context.progress(config.grpo, STAGE, step),
                f"step {step} reward {rewards['reward/total']:.3f}",
            )

        updates = run_grpo(
            context.model,
            meter.watch(context.steps(batches, STAGE, start)),
            recorder,
            mesh=context.mesh,
            tokenizer=context.tokenizer,
            lengths=context.lengths,
            batch_size=config.grpo.batch_size,
            settings=settings.grpo_settings(config),
            optimizer=optimizer,
            seed=config.seed,
            checkpoints=run.checkpoints.absolute(),
            start=start,
            save_every=config.grpo.save_every,
            on_step=on_step,
            rate=rate if optimizer.by_dial else None,
            on_weights=validation,
            resampling=Resampling(draws, spare, recorder.settle) if draws else None,
        )
    watch.finish()
    return updates
