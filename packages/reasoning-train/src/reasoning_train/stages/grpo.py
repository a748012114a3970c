"""GRPO stage: the SFT policy → trained weights in `checkpoints/actor`, with every rollout kept."""

from collections.abc import Iterator

from reasoning_data import Task, read_tasks
from reasoning_train import settings
from reasoning_train.batching import endless_batches
from reasoning_train.context import RunContext
from reasoning_train.engine.grpo import PromptBatch, run_grpo
from reasoning_train.engine.resume import resume_step
from reasoning_train.guard import NonFiniteGuard
from reasoning_train.metrics import MetricsLog, last_step
from reasoning_train.progress import task
from reasoning_train.rewarding import RewardSchedule
from reasoning_train.rollouts import RolloutRecorder
from reasoning_train.user_reward import UserReward

STAGE = "grpo"


def prompt_batches(tasks: list[Task], size: int, seed: int) -> Iterator[PromptBatch]:
    """Endless batches of `size` prompts."""
    for batch in endless_batches(tasks, size, seed=seed):
        yield PromptBatch([t.id for t in batch], [t.prompt for t in batch], [t.gold for t in batch])


def train_grpo(context: RunContext) -> int:
    """Run the stage from the newest SFT checkpoint and return the number of updates."""
    config, run = context.config, context.run
    extra = tuple(UserReward(x, config.reward.extra_timeout_s) for x in config.reward.extra)
    checkpoints = run.checkpoints.absolute()
    start = resume_step(checkpoints / "actor", last_step(run.metrics, STAGE))
    optimizer = settings.optimizer_settings(config.grpo)
    if start >= optimizer.steps:
        return start
    rate = context.rate(config.grpo, STAGE)
    context.restore(run.newest_step("sft"))
    recorder = RolloutRecorder(
        RewardSchedule(config.reward, config.grpo.steps),
        config.grpo.num_generations,
        run.rollouts,
        extra=extra,
        max_left_out=config.reward.max_left_out,
        step=start,
    )
    recorder.forget_later_steps()
    batches = prompt_batches(read_tasks(run.data, "grpo"), config.grpo.batch_size, config.seed)
    guard = NonFiniteGuard(STAGE, config.grpo.max_skipped)
    log = MetricsLog(run.metrics, STAGE, context.clock)
    with (
        task(context.console, "GRPO", context.extent(config.grpo, STAGE)) as progress,
        context.interruption.deferred(),
    ):

        def on_step(step: int, values: dict[str, float]) -> None:
            rewards = recorder.means.pop(step)
            values = guard.check(step, values)
            log.write(step, {**values, **rewards, "learning_rate": rate(step)})
            progress.update(
                context.progress(config.grpo, STAGE, step),
                f"step {step} reward {rewards['reward/total']:.3f}",
            )

        return run_grpo(
            context.model,
            context.steps(batches, STAGE),
            recorder,
            mesh=context.mesh,
            tokenizer=context.tokenizer,
            lengths=context.lengths,
            batch_size=config.grpo.batch_size,
            settings=settings.grpo_settings(config),
            optimizer=optimizer,
            seed=config.seed,
            checkpoints=checkpoints,
            start=start,
            save_every=config.grpo.save_every,
            on_step=on_step,
            rate=rate if optimizer.by_dial else None,
        )
