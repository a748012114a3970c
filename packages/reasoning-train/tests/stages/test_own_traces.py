"""SFT on own samples: what is trained on which tokens, and the stage on a run made for it."""

import json

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from reasoning_data import read_examples, read_tasks
from reasoning_train.clock.budget import Clock
from reasoning_train.config import load_config
from reasoning_train.context import RunContext
from reasoning_train.engine.checkpoint import save_weights
from reasoning_train.engine.generation import Lengths
from reasoning_train.errors import UserError
from reasoning_train.models import locate_base
from reasoning_train.models.tokenizer import Tokenizer
from reasoning_train.run_dir.directory import RunDir, State
from reasoning_train.run_dir.rollout_files import SCHEMA
from reasoning_train.run_dir.sample_files import read_samples, write_samples
from reasoning_train.samples.choice import Trace
from reasoning_train.samples.pass_rates import keep_pass_rates
from reasoning_train.stages.own_traces import examples_of, rows_to_train_on, train_own_traces
from reasoning_train.stages.prepare import prepare
from reasoning_train.stages.sft import tokenized

TEXT = "<reasoning>3 + 4 = 7.</reasoning><answer>7</answer>"
LENGTHS = Lengths(48, 56)
FLAGS = [
    *("--data.sft-problems", "8", "--data.grpo-problems", "12", "--data.eval-problems", "5"),
    *("--sft.batch-size", "4", "--sampling.completions", "2"),
    *("--own-traces.steps", "2", "--own-traces.warmup-steps", "1"),
]


def examples(*traces: Trace, stating: bool, tokenizer: Tokenizer, lengths: Lengths = LENGTHS):  # type: ignore[no-untyped-def]
    prompts = {trace.id: "3 + 4?" for trace in traces}
    return examples_of(list(traces), prompts, tokenizer, lengths, stating=stating)


def test_of_a_wrong_sample_the_confidence_line_alone_is_trained_on(tokenizer: Tokenizer) -> None:
    right, wrong = (Trace(name, TEXT, name == "r", 0.61, 20) for name in "rw")
    whole, line = examples(right, wrong, stating=True, tokenizer=tokenizer).rows
    assert whole.completion == line.completion
    assert whole.wanted == [1] * len(whole.completion)
    chosen = [i for i, wanted in zip(line.completion, line.wanted, strict=True) if wanted]
    assert tokenizer.decode(chosen).strip() == "Confidence: 0.6"
    assert line.wanted[-1] == 0  # the stop token


def test_without_a_confidence_in_the_schema_samples_are_as_they_were(tokenizer: Tokenizer) -> None:
    [row] = examples(Trace("r", TEXT, True, 0.61, 20), stating=False, tokenizer=tokenizer).rows
    assert row.completion == tokenizer.encode_completion(TEXT)


def test_what_has_grown_too_long_is_left_out(tokenizer: Tokenizer) -> None:
    trace = Trace("r", TEXT, True, 0.61, 20)
    short = Lengths(48, len(tokenizer.encode_completion(TEXT)))
    made = examples(trace, stating=True, tokenizer=tokenizer, lengths=short)
    assert (made.used, made.rows) == ([], [])


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    """A run after sampling, whose samples are set by each test."""
    run = RunDir(tmp_path_factory.mktemp("own"))
    config = load_config(preset="tiny", flags=FLAGS)
    base = locate_base("tiny-gemma3")
    prepare(config, base.tokenizer, run)
    made = RunContext(config, base, run, Clock(), Console(record=True, width=200))
    save_weights(made.model, run.checkpoints.absolute() / "sft" / "5" / "model_params")
    run.write_state(State(done=("data", "base", "sft", "sampling"), steps={"sft": 5}))
    return made


def sample(run: RunDir, *, right: bool) -> None:
    """Two samples of every problem, whose reasonings are those of its gold."""
    tasks = read_tasks(run.data, "grpo")
    texts = [f"<reasoning>{t.gold}.</reasoning><answer>{t.gold}</answer>" for t in tasks]
    rows = [(task, text, draw) for task, text in zip(tasks, texts, strict=True) for draw in (0, 1)]
    empty = {field.name: [None] * len(rows) for field in SCHEMA if field.name != "step"}
    write_samples(
        run.samples,
        1,
        {
            **empty,
            "id": [task.id for task, _, _ in rows],
            "draw": [draw for _, _, draw in rows],
            "completion": [text for _, text, _ in rows],
            "tokens": [20 + draw for _, _, draw in rows],
            "finished": [True] * len(rows),
            "structure": [1.0] * len(rows),
            "status": ["well_formed"] * len(rows),
            "correct": [right] * len(rows),
        },
    )
    keep_pass_rates(run, read_samples(run.samples))


def test_the_output_becomes_sfts_newest_checkpoint(context: RunContext) -> None:
    run = context.run
    sample(run, right=True)
    assert train_own_traces(context) == 2
    assert run.newest_step("sft").parent.name == "7"
    assert not (run.checkpoints / "own-traces").exists()
    lines = [json.loads(line) for line in run.metrics.read_text().splitlines()]
    assert [(line["stage"], line["step"]) for line in lines] == [
        ("own-traces", 1),
        ("own-traces", 2),
    ]
    kept = pq.read_table(run.own_traces).to_pylist()
    assert len(kept) == 12  # of two alike one
    assert {row["pass_rate"] for row in kept} == {0.75}
    assert "own samples: 12 right ones of 12 problems, 20 tokens" in context.console.export_text()
    # Killed between the move and the state: nothing is trained again.
    assert train_own_traces(context) == 2
    assert len(run.metrics.read_text().splitlines()) == 2


def test_a_policy_that_solves_nothing_goes_on_with_demonstrations(context: RunContext) -> None:
    sample(context.run, right=False)
    rows = rows_to_train_on(context)
    assert rows == tokenized(read_examples(context.run.data), context.tokenizer)
    shown = context.console.export_text()
    assert "warning: none of the 24 samples can be trained on (0 are right" in shown
    assert "SFT goes on with demonstrations" in shown
    assert "--sft.steps" in shown


def test_own_traces_without_samples_are_refused() -> None:
    with pytest.raises(UserError, match=r"own_traces.steps needs sampling.completions"):
        load_config(preset="tiny", flags=["--own-traces.steps", "9"])
