from collections.abc import Callable
from pathlib import Path

from reasoning_data import read_tasks
from reasoning_data.builder.writing import row_digest
from reasoning_train.report.held_out import HeldOut, read_held_out
from reasoning_train.report.load import load_run


def test_rows_are_numbered_and_have_the_digests_of_the_build(data_folder: Path) -> None:
    held_out, reason = read_held_out(data_folder)
    assert reason == ""
    assert held_out.problems is not None
    tasks = read_tasks(data_folder, "eval")
    assert [(p.row, p.question) for p in held_out.problems.values()] == [
        (number, task.question) for number, task in enumerate(tasks, start=1)
    ]
    import pyarrow.parquet as pq

    rows = pq.read_table(data_folder / "eval.parquet").to_pylist()
    digests = pq.read_table(data_folder / "digests.parquet").to_pylist()
    recorded = {row["id"]: row["digest"].hex() for row in digests}
    first = held_out.problems[tasks[0].id]
    assert first.digest == row_digest(rows[0]).hex() == recorded[tasks[0].id]


def test_the_prompt_does_not_make_another_problem(make_run: Callable[..., Path]) -> None:
    from dataclasses import replace

    run = load_run(make_run())
    row = run.evaluations[0].rows[0]
    few_shot = replace(row, prompt="Question: 1+1? Answer: 2 " + row.prompt)
    assert run.held_out.key(row) == run.held_out.key(few_shot)
    assert HeldOut().key(row) != HeldOut().key(few_shot)


def test_no_build(tmp_path: Path) -> None:
    assert read_held_out(tmp_path)[0] == HeldOut()
    assert "cannot be read" in read_held_out(tmp_path)[1]
