"""SFT stage: worked examples → adapters in `checkpoints/sft/<step>/model_params`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from reasoning_data import Example, read_examples
from reasoning_train.config import engine_settings as settings
from reasoning_train.config.schema import SftSection
from reasoning_train.context import RunContext
from reasoning_train.engine.generation import Lengths
from reasoning_train.engine.sft import SftBatch, run_sft
from reasoning_train.loop import packing
from reasoning_train.loop.batching import endless_batches
from reasoning_train.loop.non_finite import NonFiniteGuard
from reasoning_train.loop.progress import task
from reasoning_train.loop.rollback import Rollbacks, train_with_rollback
from reasoning_train.loop.step_meter import StepMeter
from reasoning_train.models.tokenizer import Tokenizer, pad_left, pad_right
from reasoning_train.run_dir.directory import numbered
from reasoning_train.run_dir.metrics import last_step
from reasoning_train.run_dir.resume import resume_step
from reasoning_train.stages.base_format import format_of_base

STAGE = "sft"


def tokenized(examples: list[Example], tokenizer: Tokenizer) -> list[packing.Example]:
    """Ids of prompts and completions."""
    return [
        packing.Example(
            tokenizer.encode_prompt(e.prompt), tokenizer.encode_completion(e.completion)
        )
        for e in examples
    ]


def sft_batches(
    rows: list[packing.Example], section: SftSection, lengths: Lengths, *, seed: int, pad_id: int
) -> Iterator[SftBatch | packing.PackedBatch]:
    """Endless token batches of one shape: an example a row, or packed into rows."""
    if section.packing:
        stream = (row for one in endless_batches(rows, 1, seed=seed) for row in one)
        yield from packing.packed_batches(
            stream, rows=section.batch_size, length=section.packing, pad_id=pad_id
        )
    for batch in endless_batches(rows, section.batch_size, seed=seed):
        yield SftBatch(
            pad_left([row.prompt for row in batch], lengths.prompt, pad_id),
            pad_right([row.completion for row in batch], lengths.completion, pad_id),
            pad_right([row.wanted for row in batch], lengths.completion, 0),
        )


def filling(batch: SftBatch | packing.PackedBatch, pad_id: int) -> dict[str, float]:
    """Tokens of a batch, and the share of its places that hold none."""
    ids = (
        batch.tokens
        if isinstance(batch, packing.PackedBatch)
        else np.concatenate([batch.prompt_ids, batch.completion_ids], axis=1)
    )
    tokens = float(np.sum(ids != pad_id))
    return {"tokens": tokens, "padding": 1.0 - tokens / ids.size}


@dataclass(frozen=True, slots=True)
class Course:
    """What a stage trains on, and how.

    Attributes:
        stage: Its name, and that of its checkpoints' folder.
        label: What its progress is called.
        section: Its settings.
        rows: Its examples.
        begin: Gives the model the weights that the stage begins from; told whether a try of this
            process has trained it before.
    """

    stage: str
    label: str
    section: SftSection
    rows: list[packing.Example]
    begin: Callable[[bool], None]


def train_sft(context: RunContext) -> int:
    """Run the stage and return the number of updates: 0 where the base follows the schema."""
    found = format_of_base(context)
    if found is not None and not any(numbered(context.run.checkpoints / STAGE)):
        context.say(
            f"the base keeps to the schema in {found}: SFT on demonstrations is left out, and the "
            "base itself is sampled"
        )
        return 0

    def begin(again: bool) -> None:
        if again:
            context.forget_model()

    rows = tokenized(read_examples(context.run.data), context.tokenizer)
    return train_course(context, Course(STAGE, "SFT", context.config.sft, rows, begin))


def train_course(context: RunContext, course: Course) -> int:
    """Train from the newest checkpoint of the course to its end; the number of updates."""
    return train_with_rollback(
        lambda rollbacks: _update(context, course, rollbacks),
        context.run.checkpoints.absolute() / course.stage,
        rollback=course.section.after_skipped == "rollback",
    )


def _update(context: RunContext, course: Course, rollbacks: Rollbacks) -> int:
    """Go on from the newest checkpoint to the end of the stage; the number of updates."""
    config, run, pad_id = context.config, context.run, context.tokenizer.pad_id
    stage, section = course.stage, course.section
    checkpoints = run.checkpoints.absolute() / stage
    start = resume_step(checkpoints, last_step(run.metrics, stage))
    optimizer = settings.optimizer_settings(section)
    if start >= optimizer.steps:
        return start
    rate = context.rate(section, stage)
    course.begin(len(rollbacks) > 0)
    filled: dict[int, dict[str, float]] = {}

    def batches() -> Iterator[SftBatch | packing.PackedBatch]:
        endless = sft_batches(
            course.rows, section, context.lengths, seed=config.seed, pad_id=pad_id
        )
        for step, batch in enumerate(rollbacks.skip(endless), start=1):
            filled[step] = filling(batch, pad_id)
            yield batch

    guard = NonFiniteGuard(stage, section.max_skipped)
    log, meter = context.metrics_log(stage, start), StepMeter()
    with (
        task(context.console, course.label, context.extent(section, stage)) as progress,
        context.interruption.deferred(),
    ):

        def on_step(step: int, values: dict[str, float]) -> None:
            guard.check(step, values["skipped"])
            values = {**values, **filled.pop(step), "learning_rate": rate(step)}
            log.write(step, values, meter.machine(step, values["tokens"]))
            progress.update(
                context.progress(section, stage, step), f"step {step} loss {values['loss']:.3f}"
            )

        return run_sft(
            context.model,
            meter.watch(context.steps(batches(), stage, start)),
            mesh=context.mesh,
            pad_id=pad_id,
            columns=config.model.head_columns,
            optimizer=optimizer,
            checkpoints=checkpoints,
            save_every=section.save_every,
            on_step=on_step,
            rate=rate if optimizer.injected_rate else None,
            packed=bool(section.packing),
        )
