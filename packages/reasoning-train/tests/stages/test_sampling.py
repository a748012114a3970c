"""The sampling stage on the tiny base, which knows no schema: it draws the same each time."""

import json
import shutil
from typing import Any

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from reasoning_data import Task, read_tasks
from reasoning_train.clock.budget import Clock
from reasoning_train.config import load_config
from reasoning_train.config.schema import SamplingSection
from reasoning_train.context import RunContext
from reasoning_train.engine.checkpoint import save_weights
from reasoning_train.errors import UserError
from reasoning_train.models import locate_base
from reasoning_train.run_dir.directory import RunDir
from reasoning_train.run_dir.sample_files import SCHEMA, read_samples
from reasoning_train.stages.prepare import prepare
from reasoning_train.stages.sampling import draw_samples, sampled_problems

COUNT, SIZE, PROBLEMS = 3, 4, 10
FLAGS = [
    *("--data.sft-problems", "5", "--data.grpo-problems", "14", "--data.eval-problems", "5"),
    *("--data.completion-tokens", "8", "--validation.problems", "2"),
    *("--sampling.completions", str(COUNT), "--sampling.problems", str(PROBLEMS)),
    *("--sampling.batch-size", str(SIZE)),
]


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    """A context whose stage has run once, on the untouched base."""
    run = RunDir(tmp_path_factory.mktemp("sampling"))
    config = load_config(preset="tiny", flags=FLAGS)
    # Rationales need more room than these completions; the stage reads none.
    whole = load_config(preset="tiny", flags=[*FLAGS, "--data.completion-tokens", "48"])
    base = locate_base("tiny-gemma3")
    prepare(whole, base.tokenizer, run)
    context = RunContext(config, base, run, Clock(), Console(quiet=True))
    save_weights(context.model, run.checkpoints.absolute() / "sft" / "1" / "model_params")
    draw_samples(context)
    return context


def metrics(run: RunDir) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.metrics.read_text().splitlines()]


def test_every_problem_is_drawn_as_often_as_asked(sampled: RunContext) -> None:
    run = sampled.run
    rows = read_samples(run.samples)
    assert [path.name for path in sorted(run.samples.iterdir())] == [
        "000001.parquet", "000002.parquet", "000003.parquet",
    ]  # fmt: skip
    assert [row["draw"] for row in rows] == [*range(COUNT)] * PROBLEMS
    assert [row["batch"] for row in rows] == [1] * 12 + [2] * 12 + [3] * 6
    assert len({row["id"] for row in rows}) == PROBLEMS
    tasks = {task.id: task for task in read_tasks(run.data, "grpo")}
    assert all(row["prompt"] == tasks[row["id"]].prompt for row in rows)
    assert not {row["id"] for row in rows} & {t.id for t in list(tasks.values())[-2:]}
    assert pq.read_table(run.samples / "000001.parquet").schema.equals(SCHEMA)
    # Draws of one problem differ: each row has noise of its own.
    assert len({row["completion"] for row in rows[:COUNT]}) > 1


def test_the_pass_rate_of_every_problem_and_a_summary_are_kept(sampled: RunContext) -> None:
    rates = pq.read_table(sampled.run.pass_rates).to_pylist()
    assert len(rates) == PROBLEMS
    assert {(r["draws"], r["right"], r["pass_rate"]) for r in rates} == {(COUNT, 0, 0.2)}
    summary = json.loads(sampled.run.sampling.read_text())
    assert (summary["never"], summary["completions"]) == (PROBLEMS, COUNT * PROBLEMS)


def test_an_interrupted_run_draws_what_is_missing_and_has_the_same_numbers(
    sampled: RunContext,
) -> None:
    run = sampled.run
    rows, lines = read_samples(run.samples), metrics(run)
    assert [(x["stage"], x["step"]) for x in lines] == [("sampling", n) for n in (1, 2, 3)]
    # Killed after the second file was written and before its line was, the third half-written.
    run.metrics.write_text(json.dumps(lines[0]) + "\n")
    (run.samples / "000003.parquet").rename(run.samples / ".000003.parquet.tmp")
    run.pass_rates.unlink()
    second = (run.samples / "000002.parquet").stat().st_mtime_ns
    draw_samples(sampled)
    assert (run.samples / "000002.parquet").stat().st_mtime_ns == second
    assert read_samples(run.samples) == rows
    assert [x["values"] for x in metrics(run)] == [x["values"] for x in lines]
    assert run.pass_rates.is_file()


def test_batches_of_another_size_draw_the_same(
    sampled: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drawn() -> dict[tuple[str, int], str]:
        rows = read_samples(sampled.run.samples)
        return {(row["id"], row["draw"]): row["completion"] for row in rows}

    before = drawn()
    kept = sampled.run.samples.with_name("kept")
    sampled.run.samples.rename(kept)
    larger = load_config(preset="tiny", flags=[*FLAGS, "--sampling.batch-size", "5"])
    with monkeypatch.context() as patched:
        patched.setattr(sampled, "config", larger)
        draw_samples(sampled)
    assert drawn() == before
    shutil.rmtree(sampled.run.samples)
    kept.rename(sampled.run.samples)


def test_the_terminal_says_how_fast_and_what_is_wrong(sampled: RunContext) -> None:
    (sampled.run.samples / "000003.parquet").unlink()
    sampled.console = Console(record=True, width=200)
    draw_samples(sampled)
    shown = sampled.console.export_text()
    assert "sampling 30/30" in shown
    assert "completions/s, 0.0% right" in shown
    assert "solves none of the 10 problems" in shown


def test_a_full_disk_leaves_no_half_file(
    sampled: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = sampled.run.samples / "000003.parquet"
    before = read_samples(sampled.run.samples)
    last.unlink()

    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("reasoning_train.run_dir.sample_files.pq.write_table", full)
        with pytest.raises(OSError, match="No space"):
            draw_samples(sampled)
    assert not last.exists()
    draw_samples(sampled)
    assert read_samples(sampled.run.samples) == before


def test_problems_come_in_the_order_of_the_seed() -> None:
    tasks = [Task(str(n), "", "", "", "") for n in range(50)]
    few, every = (sampled_problems(tasks, SamplingSection(problems=n), 1) for n in (20, 0))
    assert every[:20] == few != tasks[:20]
    assert sorted(every, key=lambda t: int(t.id)) == tasks
    assert sampled_problems(tasks, SamplingSection(), 2) != every


def test_one_completion_is_refused() -> None:
    with pytest.raises(UserError, match=r"sampling.completions 1 tells no pass rate"):
        load_config(preset="tiny", flags=["--sampling.completions", "1"])
