"""SFT stage: worked examples → adapters in `checkpoints/sft/<step>/model_params`."""

from collections.abc import Iterator

from reasoning_data import Example, read_examples
from reasoning_train import settings
from reasoning_train.batching import endless_batches
from reasoning_train.context import RunContext
from reasoning_train.engine.generation import Lengths
from reasoning_train.engine.resume import resume_step
from reasoning_train.engine.sft import SftBatch, run_sft
from reasoning_train.guard import NonFiniteGuard
from reasoning_train.metrics import MetricsLog, last_step
from reasoning_train.progress import task
from reasoning_train.returning import Returns, train_returning
from reasoning_train.tokenizer import Tokenizer, pad_left, pad_right

STAGE = "sft"


def sft_batches(
    examples: list[Example], tokenizer: Tokenizer, lengths: Lengths, size: int, seed: int
) -> Iterator[SftBatch]:
    """Endless token batches of one shape: prompts `[size, P]`, completions `[size, C]`."""
    rows = [
        (tokenizer.encode_prompt(e.prompt), tokenizer.encode_completion(e.completion))
        for e in examples
    ]
    for batch in endless_batches(rows, size, seed=seed):
        yield SftBatch(
            pad_left([p for p, _ in batch], lengths.prompt, tokenizer.pad_id),
            pad_right([c for _, c in batch], lengths.completion, tokenizer.pad_id),
        )


def train_sft(context: RunContext) -> int:
    """Run the stage and return the number of updates."""
    return train_returning(
        lambda returns: _update(context, returns),
        context.run.checkpoints.absolute() / STAGE,
        returns=context.config.sft.after_skipped == "return",
    )


def _update(context: RunContext, returns: Returns) -> int:
    """Go on from the newest checkpoint to the end of the stage; the number of updates."""
    config, run = context.config, context.run
    checkpoints = run.checkpoints.absolute() / STAGE
    start = resume_step(checkpoints, last_step(run.metrics, STAGE))
    optimizer = settings.optimizer_settings(config.sft)
    if start >= optimizer.steps:
        return start
    rate = context.rate(config.sft, STAGE)
    if len(returns):
        context.forget_model()
    batches = sft_batches(
        read_examples(run.data),
        context.tokenizer,
        context.lengths,
        config.sft.batch_size,
        config.seed,
    )
    guard = NonFiniteGuard(STAGE, config.sft.max_skipped)
    log = MetricsLog(run.metrics, STAGE, context.clock)
    with (
        task(context.console, "SFT", context.extent(config.sft, STAGE)) as progress,
        context.interruption.deferred(),
    ):

        def on_step(step: int, values: dict[str, float]) -> None:
            values = guard.check(step, values)
            log.write(step, {**values, "learning_rate": rate(step)})
            progress.update(
                context.progress(config.sft, STAGE, step), f"step {step} loss {values['loss']:.3f}"
            )

        return run_sft(
            context.model,
            context.steps(returns.past(batches), STAGE),
            mesh=context.mesh,
            pad_id=context.tokenizer.pad_id,
            columns=config.model.head_columns,
            optimizer=optimizer,
            checkpoints=checkpoints,
            save_every=config.sft.save_every,
            on_step=on_step,
            rate=rate if optimizer.by_dial else None,
        )
