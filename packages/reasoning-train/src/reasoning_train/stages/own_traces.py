"""SFT on the policy's own samples: the second part of SFT, begun where its first part ended.

It trains in `checkpoints/own-traces`. Its last checkpoint is then moved to `checkpoints/sft`, under
the number of SFT's updates altogether: whoever asks for SFT's newest checkpoint gets its output.
"""

import shutil
from dataclasses import asdict, dataclass

from reasoning_data import read_examples, read_tasks
from reasoning_train.config import engine_settings as settings
from reasoning_train.context import RunContext
from reasoning_train.durable import move, write_json
from reasoning_train.engine.generation import Lengths
from reasoning_train.loop.packing import Example
from reasoning_train.models.tokenizer import Tokenizer
from reasoning_train.run_dir.directory import is_whole, numbered
from reasoning_train.run_dir.sample_files import read_samples, write_own_traces
from reasoning_train.samples.choice import Trace, Wanted, choose_traces, summarise_traces
from reasoning_train.samples.confidence_line import state_confidence
from reasoning_train.samples.pass_rates import read_pass_rates
from reasoning_train.stages.sft import Course, tokenized, train_course

STAGE = "own-traces"


def train_own_traces(context: RunContext) -> int:
    """Run the stage and return the number of updates.

    Where the policy solved nothing it goes on with demonstrations, and says so.
    """
    config, run = context.config, context.run
    before = run.read_state().steps.get("sft", 0)
    published = [int(p.name) for p in numbered(run.checkpoints / "sft") if is_whole(p)]
    if max(published, default=0) > before:  # by a process that was killed right after it
        return max(published) - before
    rows = rows_to_train_on(context)

    def begin(again: bool) -> None:
        if before:
            context.restore(run.checkpoints / "sft" / str(before) / "model_params")
        elif again:
            context.forget_model()

    made = train_course(
        context, Course(STAGE, "SFT on own samples", settings.own_traces(config), rows, begin)
    )
    trained = run.checkpoints / STAGE / str(made)
    (run.checkpoints / "sft").mkdir(exist_ok=True)
    move(trained, run.checkpoints / "sft" / str(before + made))
    shutil.rmtree(trained.parent)
    return made


def rows_to_train_on(context: RunContext) -> list[Example]:
    """Own samples if there are right ones, else demonstrations; written down, and said."""
    run, section = context.run, context.config.own_traces
    samples = read_samples(run.samples)
    stating = context.config.data.confidence
    wrong = section.wrong if stating else 0  # without the line there is nothing to learn from them
    wanted = Wanted(section.right, wrong, section.min_structure)
    traces = choose_traces(samples, read_pass_rates(run), wanted)
    prompts = {task.id: task.prompt for task in read_tasks(run.data, "grpo")}
    made = examples_of(traces, prompts, context.tokenizer, context.lengths, stating=stating)
    figures = {**summarise_traces(made.used, samples), "left_out": len(traces) - len(made.used)}
    write_own_traces(
        run.own_traces,
        [{**asdict(trace), "pass_rate": trace.rate} for trace in made.used],
    )
    write_json(run.own_traces.with_suffix(".json"), figures)
    if figures["right"]:
        context.say(
            f"own samples: {figures['right']:,} right ones of {figures['problems']:,} problems, "
            f"{figures['tokens_kept']:.0f} tokens on average (all right ones: "
            f"{figures['tokens_right_samples']:.0f})"
            + (f"; the confidence line alone of {figures['wrong']:,} wrong ones" if stating else "")
        )
        return made.rows
    context.say(
        f"warning: none of the {len(samples):,} samples can be trained on ("
        f"{figures['right_samples']:,} are right, none of them well-formed with a structure of "
        f"{section.min_structure:g}), so SFT goes on with demonstrations; choose easier problems, "
        "raise --sft.steps or --sampling.completions, or lower --own-traces.min-structure"
    )
    return tokenized(read_examples(run.data), context.tokenizer)


@dataclass(frozen=True, slots=True)
class Made:
    """Traces that fit, and their tokens."""

    used: list[Trace]
    rows: list[Example]


def examples_of(
    traces: list[Trace],
    prompts: dict[str, str],
    tokenizer: Tokenizer,
    lengths: Lengths,
    *,
    stating: bool,
) -> Made:
    """Tokens of the traces, each with the confidence line that its problem's pass rate says.

    Of a right one the loss is of every token, of a wrong one of the confidence line alone. One that
    has grown too long by its line, or whose tokens do not spell it, is left out.

    Args:
        traces: What was chosen.
        prompts: Of their problems, by id.
        tokenizer: The run's.
        lengths: Token limits.
        stating: Whether the run's completions state a confidence; if not, nothing is added.
    """
    made = Made([], [])
    for trace in traces:
        stated = state_confidence(trace.completion, trace.rate) if stating else None
        text = stated.text if stated else trace.completion
        ids = tokenizer.encode_completion(text)
        only = None
        if stated and not trace.right:
            only = tokenizer.tokens_within(text, stated.start, stated.end)
        if len(ids) > lengths.completion or (only is None and not trace.right):
            continue
        made.used.append(trace)
        made.rows.append(Example(tokenizer.encode_prompt(prompts[trace.id]), ids, only))
    return made
