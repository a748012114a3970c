"""Sampling stage: completions of the SFT policy for GRPO's problems → `samples/`, `pass_rates`.

Every batch is a file that appears whole, and a completion follows from the seed, its prompt and its
number among the prompt's draws: a killed run draws the missing batches, and they are those of an
uninterrupted run, whatever the size of a batch.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np
import pyarrow.parquet as pq

from reasoning_data import Task, read_tasks
from reasoning_rewards import Score
from reasoning_train.config.schema import SamplingSection
from reasoning_train.context import RunContext
from reasoning_train.durable import write_json
from reasoning_train.engine.generation import Completions
from reasoning_train.engine.grpo import Rollouts
from reasoning_train.errors import UserError
from reasoning_train.loop.progress import task
from reasoning_train.reward.recorder import Scored, columns
from reasoning_train.run_dir.directory import numbered
from reasoning_train.run_dir.metrics import last_step
from reasoning_train.run_dir.sample_files import read_samples, sample_path, write_samples
from reasoning_train.samples.pass_rates import keep_pass_rates
from reasoning_train.samples.summary import sampling_lines, share_well_formed, summarise_samples
from reasoning_train.stages.base_format import format_of_base
from reasoning_train.stages.validation import split_tasks

STAGE = "sampling"
NOISE = 0x5A3
"""Folded into the run's seed, so that no other stage draws the same noise."""


def sampled_problems(tasks: Sequence[Task], section: SamplingSection, seed: int) -> list[Task]:
    """The problems to sample in a shuffled order: where time runs out, the rest is no kind apart.

    Args:
        tasks: GRPO's, without those kept out for validation.
        section: Says how many.
        seed: The run's.
    """
    order = random.Random(f"samples:{seed}").sample(list(tasks), len(tasks))
    return order[: section.problems or None]


def draw_samples(context: RunContext) -> None:
    """Run the stage, and say what came of it."""
    config, run = context.config, context.run
    asked = _asked(context)
    tasks, _ = split_tasks(read_tasks(run.data, "grpo"), config.validation.problems)
    problems = sampled_problems(tasks, config.sampling, config.seed)
    size = config.sampling.batch_size
    batches = [problems[start : start + size] for start in range(0, len(problems), size)]
    made = next(
        (n for n, _ in enumerate(batches) if not sample_path(run.samples, n + 1).is_file()),
        len(batches),
    )
    logged = last_step(run.metrics, STAGE)
    log = context.metrics_log(STAGE, logged)
    count = config.sampling.completions
    with task(context.console, "sampling", len(problems) * count) as progress:
        done, right = 0, 0
        for number, batch in context.steps(enumerate(batches, start=1), STAGE, made):
            begun = time.monotonic()
            if number > made:
                _draw(context, number, batch, asked(batch), len(batches[0]))
            rows = pq.read_table(sample_path(run.samples, number)).to_pylist()
            if number > logged:
                seconds = time.monotonic() - begun
                machine = {"step_s": seconds, "completions_per_s": len(rows) / seconds}
                log.write(number, batch_metrics(rows), machine if number > made else {})
            done += len(rows)
            right += sum(row["correct"] for row in rows)
            if number > made:
                pace = len(rows) / (time.monotonic() - begun)
                progress.update(done, f"{pace:.0f} completions/s, {right / done:.1%} right")
    _sum_up(context, len(problems))


def batch_metrics(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """What the metrics say of a batch, which follows from its file alone."""
    return {
        "completions": float(len(rows)),
        "correct": float(np.mean([row["correct"] for row in rows])),
        "well_formed": share_well_formed(rows),
        "cut_share": float(np.mean([not row["finished"] for row in rows])),
        "completion_tokens": float(np.mean([row["tokens"] for row in rows])),
        "reward/structure": float(np.mean([row["structure"] for row in rows])),
        "reward/total": float(np.mean([row["total"] for row in rows])),
    }


def _asked(context: RunContext) -> Callable[[Sequence[Task]], list[str]]:
    """Give the model the weights that are sampled; what it is shown of problems.

    The base that SFT left as it was is asked in the form in which it keeps to the schema.
    """
    if numbered(context.run.checkpoints / "sft"):
        context.restore(context.run.newest_step("sft"))
        return lambda batch: [one.prompt for one in batch]
    found = format_of_base(context)
    if found is None:
        raise UserError(
            f"no checkpoint of SFT in {str(context.run.checkpoints)!r}, and the base does not keep "
            "to the schema: begin a new run"
        )
    return lambda batch: found.prompts(context, batch)


def _draw(
    context: RunContext, number: int, batch: Sequence[Task], prompts: Sequence[str], size: int
) -> None:
    """Draw, score and write one batch.

    Args:
        context: The run.
        number: Of the batch, from 1.
        batch: Its problems.
        prompts: What the model is shown for each.
        size: Problems of a full batch: with fewer rows it would be compiled once more.
    """
    section: SamplingSection = context.config.sampling
    count = section.completions
    asked = [one for one in batch for _ in range(count)]
    shown = [prompt for prompt in prompts for _ in range(count)]
    padded = [*shown, *shown[-1:] * (size * count - len(shown))]
    key = jax.random.fold_in(jax.random.PRNGKey(context.config.seed), NOISE)
    completions = context.generator.sample(padded, seed=key, temperature=section.temperature)
    scores = [
        context.reward.score(text, one.gold, one.prompt)
        for text, one in zip(completions.texts, asked, strict=False)
    ]
    write_samples(
        context.run.samples,
        number,
        {
            **columns(_scored(asked, completions, scores, context.tokenizer.pad_id)),
            "draw": [row % count for row in range(len(asked))],
            "correct": [score.correctness >= 0.5 for score in scores],
        },
    )


def _scored(
    asked: Sequence[Task], completions: Completions, scores: Sequence[Score], pad_id: int
) -> Scored:
    """The rows as `rollouts/` would have them, without those that only fill the batch."""
    count = len(asked)
    rollouts = Rollouts(
        ids=[one.id for one in asked],
        prompts=[one.prompt for one in asked],
        completions=completions.texts[:count],
        golds=[one.gold for one in asked],
        prompt_tokens=(completions.prompt_ids[:count] != pad_id).sum(axis=1).tolist(),
        tokens=[len(row) for row in completions.tokens[:count]],
        finished=completions.finished[:count],
    )
    totals, faults = [s.total for s in scores], [s.error for s in scores]
    return Scored(rollouts, list(scores), totals, faults, {})


def _sum_up(context: RunContext, wanted: int) -> None:
    rows = read_samples(context.run.samples)
    rates = keep_pass_rates(context.run, rows)
    summary = summarise_samples(rows, rates)
    write_json(context.run.sampling, summary)
    if len(rates) < wanted:
        context.say(
            f"sampling ended with its share of the budget: {len(rates):,} of {wanted:,} problems"
        )
    for line in sampling_lines(summary):
        context.say(line)
