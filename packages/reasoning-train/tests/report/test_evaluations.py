import json
from pathlib import Path

from reasoning_train.report.evaluations import read_evaluations


def write(folder: Path, name: str, lines: list[dict[str, object]], summary: str = "{}") -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(summary)
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / f"{name}.predictions.jsonl").write_text(text)


LINE = {"id": "a", "completion": "<answer>5</answer>", "gold": "5", "correct": True}


def test_base_sft_and_grpo_come_first_in_that_order(tmp_path: Path) -> None:
    for name in ("grpo", "base", "earlier", "sft"):
        write(tmp_path, name, [LINE])
    found, damaged = read_evaluations(tmp_path)
    assert [e.name for e in found] == ["base", "sft", "grpo", "earlier"]
    assert [e.label for e in found] == ["Base", "SFT", "GRPO", "earlier"]
    assert damaged == []


def test_an_old_line_has_what_it_has_and_is_read_by_the_independent_extractor(
    tmp_path: Path,
) -> None:
    write(tmp_path, "base", [LINE, {**LINE, "id": "b", "gold": "6"}])
    right, wrong = read_evaluations(tmp_path)[0][0].rows
    assert (right.lenient, right.finished, right.total, right.components) == (None, None, None, {})
    assert (right.independent, right.hacked) == (True, False)
    assert (wrong.independent, wrong.hacked) == (False, True)


def test_what_a_newer_line_records_is_taken(tmp_path: Path) -> None:
    components = {"correctness": 0.0, "structure": 0.5}
    line = {**LINE, "components": components, "independent_correct": False, "completion_tokens": 9}
    write(tmp_path, "base", [line])
    row = read_evaluations(tmp_path)[0][0].rows[0]
    assert row.components == components
    assert row.tokens == 9
    assert not row.independent
    assert not row.hacked  # strictly right, but the reward did not pay for it


def test_bad_lines_are_counted_and_of_repeated_ones_the_last_counts(tmp_path: Path) -> None:
    write(tmp_path, "sft", [LINE, {"id": "x"}, {**LINE, "correct": False}])
    with (tmp_path / "sft.predictions.jsonl").open("a") as file:
        file.write('{"id": "b", "comp')
    evaluation = read_evaluations(tmp_path)[0][0]
    assert [row.correct for row in evaluation.rows] == [False]
    assert (evaluation.skipped, evaluation.repeated) == (2, 1)


def test_an_unfinished_evaluation_and_a_damaged_summary(tmp_path: Path) -> None:
    write(tmp_path, "base", [LINE], summary='{"n": 1')
    write(tmp_path, "sft", [LINE])
    (tmp_path / "sft.json").unlink()
    found, damaged = read_evaluations(tmp_path)
    assert [e.summary for e in found] == [None, None]
    assert [len(e.rows) for e in found] == [1, 1]
    assert damaged == ["evaluation/base.json"]


def test_no_folder(tmp_path: Path) -> None:
    assert read_evaluations(tmp_path / "evaluation") == ([], [])


def test_samples_are_rows_of_the_same_problem_and_damaged_ones_are_left_out(tmp_path: Path) -> None:
    old = {"completion": "5", "correct": False, "correct_lenient": True, "completion_tokens": 2}
    new = {**old, "completion": "<answer>5</answer>", "correct": True, "total": 0.9}
    write(tmp_path, "base", [{**LINE, "samples": [old, new, 7, {"completion": "5"}]}])
    (row,) = read_evaluations(tmp_path)[0][0].rows
    assert [(s.id, s.gold, s.correct, s.lenient) for s in row.samples] == [
        ("a", "5", False, True), ("a", "5", True, True)
    ]  # fmt: skip
    assert [s.total for s in row.samples] == [None, 0.9]
    assert [s.independent for s in row.samples] == [True, True]
    write(tmp_path, "base", [{**LINE, "samples": "no"}])
    assert read_evaluations(tmp_path)[0][0].rows[0].samples == ()
