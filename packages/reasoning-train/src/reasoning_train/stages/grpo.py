"""GRPO stage: the SFT policy → trained weights in `checkpoints/actor`, with every rollout kept."""

from itertools import takewhile

from reasoning_data import Task, read_tasks
from reasoning_train.config import engine_settings as settings
from reasoning_train.context import RunContext
from reasoning_train.engine.grpo import run_grpo
from reasoning_train.engine.resampling import Resampling
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
from reasoning_train.samples.pool import pool_lines
from reasoning_train.stages.draws import Draws
from reasoning_train.stages.validation import Validation, split_tasks

STAGE = "grpo"
ACTOR = "actor"
"""Folder of its checkpoints."""


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
    draws = Draws(tasks, config, run)
    if draws.pool is not None:
        for line in pool_lines(draws.pool, len(tasks)):
            context.say(line)
    batches = takewhile(lambda _: not validation.stopped, draws.batches(rollbacks))
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
        again = config.grpo.resample_flat_groups

        def on_step(step: int, values: dict[str, float]) -> None:
            rewards = recorder.means.pop(step)
            guard.check(step, values["skipped"])
            validation.watch_kl(step, values.get("kl"))
            log.write(
                step,
                {
                    **values,
                    **rewards,
                    **draws.metrics.pop(step, {}),
                    "learning_rate": rate(step),
                },
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
            rate=rate if optimizer.injected_rate else None,
            on_weights=validation,
            resampling=Resampling(again, draws.spare, recorder.settle) if again else None,
        )
    watch.finish()
    if draws.pool is not None:
        for line in pool_lines(draws.pool, len(tasks)):
            context.say(f"at the end: {line}")
    return updates
