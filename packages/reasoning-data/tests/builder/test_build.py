import dataclasses
import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from reasoning_data import (
    Cleaning,
    DataError,
    Example,
    Task,
    prepare_training_data,
    read_examples,
    read_manifest,
    read_tasks,
    verify,
)
from reasoning_data.errors import Reason
from reasoning_data.inspect.read_build import iter_records
from reasoning_data.splitting import DEFAULT_FRACTIONS, assign_split

PLAIN = Cleaning(near_threshold=0, ngram=0)


def contents(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def rejects(folder):
    lines = (Path(folder) / "rejects.jsonl").read_text().splitlines()
    return {row["id"]: (row["reason"], row["detail"]) for row in map(json.loads, lines)}


def test_a_build_holds_every_problem_in_the_split_of_its_question(problems, tmp_path):
    manifest = prepare_training_data(problems, tmp_path / "out", style="bare")
    tasks = {name: read_tasks(tmp_path / "out", name) for name in ("grpo", "eval")}
    assert sum(manifest.splits.values()) == len(problems)
    for problem in problems:
        split = assign_split(problem.question, DEFAULT_FRACTIONS)
        if split != "sft":
            task = next(task for task in tasks[split] if task.id == problem.id)
            prompt = f"<start_of_turn>user\n{problem.question}<end_of_turn>\n<start_of_turn>model\n"
            assert task == Task(
                problem.id, prompt, problem.answer, problem.question, problem.source
            )
    assert manifest == read_manifest(tmp_path / "out")
    assert verify(tmp_path / "out") == []


def test_the_columns_are_the_contract(problems, tmp_path):
    out = tmp_path / "out"
    prepare_training_data(problems, out)
    task = ["id", "prompt", "gold", "question", "source", "license", "origin"]
    columns = {
        "sft": ["id", "prompt", "completion", "source", "license", "origin"],
        "grpo": task,
        "eval": task,
        "messages": ["id", "messages"],
        "digests": ["file", "id", "digest"],
    }
    for name, expected in columns.items():
        assert pq.read_schema(out / f"{name}.parquet").names == expected
    others = {"rejects.jsonl", "flags.jsonl", "manifest.json"}
    assert set(contents(out)) == {f"{name}.parquet" for name in columns} | others


@pytest.mark.parametrize("file_format", ["parquet", "jsonl"])
def test_the_same_input_gives_the_same_bytes(problems, tmp_path, file_format):
    first, second = (
        prepare_training_data(iter(problems), tmp_path / name, file_format=file_format)
        for name in ("one", "two")
    )
    assert first.sha256 == second.sha256
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_the_number_of_processes_does_not_change_the_bytes(problem, tmp_path):
    many = [problem(number % 1100) for number in range(1300)]
    many = [dataclasses.replace(p, id=f"m:{i}") for i, p in enumerate(many)]
    for workers in (1, 2):
        prepare_training_data(many, tmp_path / str(workers), workers=workers)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
    assert rejects(tmp_path / "1")["m:1100"] == ("exact_duplicate", "of 'm:0'")


def test_a_mapping_chooses_the_splits_and_may_repeat_a_problem_across_training(problems, tmp_path):
    train = [replace(problem, confidence=0.65) for problem in problems[:10]]
    held_out = problems[10:15]
    manifest = prepare_training_data(
        {"sft": train, "grpo": train, "eval": held_out}, tmp_path / "out", style="bare"
    )
    assert manifest.splits == {"sft": 10, "grpo": 10, "eval": 5}
    first = train[0]
    assert read_examples(tmp_path / "out")[0] == Example(
        f"<start_of_turn>user\n{first.question}<end_of_turn>\n<start_of_turn>model\n",
        f"<reasoning>{first.rationale}\nConfidence: 0.65</reasoning>"
        f"<answer>{first.answer}</answer><end_of_turn>",
    )


def test_an_evaluation_question_never_stays_in_training(problems, tmp_path):
    leaked = dataclasses.replace(problems[10], id="leak", question=problems[10].question.upper())
    near = dataclasses.replace(
        problems[11], id="near", question=problems[11].question.replace("How many", "What is it")
    )
    manifest = prepare_training_data(
        {"sft": [*problems[:3], leaked, near], "eval": problems[10:13]}, tmp_path / "out"
    )
    assert rejects(tmp_path / "out") == {
        "leak": ("contaminated_exact", "the question of 'made:10'"),
        "near": ("contaminated_near", "nearly 'made:11'"),
    }
    assert manifest.splits["eval"] == 3


def test_named_evaluation_sets_are_kept_out(problems, tmp_path):
    manifest = prepare_training_data(
        problems, tmp_path / "out", against={"bench": problems[:4]}, fractions={"sft": 1.0}
    )
    assert manifest.splits["sft"] == 36
    assert rejects(tmp_path / "out")["made:0"][1] == "the question of 'bench/made:0'"
    assert manifest.config["against"]["bench"]["questions"] == 4


def test_each_reason_names_the_row_and_nothing_vanishes(problem, tmp_path):
    twin = problem(1, id="twin")
    rows = [
        problem(1),
        problem(2),
        twin,
        problem(3, id="made:1"),
        problem(2, id="other-gold", answer="9", rationale="It is 9."),
        problem(4, id="empty", rationale=""),
        problem(5, id="lacks", rationale="It is 77."),
        problem(6, id="endless", answer="inf"),
        problem(7, id="flagged", rationale=f"{problem(7).answer} it is, of 1234."),
    ]
    manifest = prepare_training_data({"sft": rows}, tmp_path / "out")
    assert rejects(tmp_path / "out") == {
        "twin": ("exact_duplicate", "of 'made:1'"),
        "made:1": ("duplicate_id", "of 'made:1'"),
        "other-gold": ("conflicting_gold", "of 'made:2'"),
        "empty": ("empty_rationale", "nothing to train on"),
        "lacks": ("answer_not_in_reasoning", f"gold {problem(5).answer!r}"),
        "endless": ("non_finite_gold", "gold 'inf'"),
    }
    assert manifest.splits["sft"] + sum(manifest.rejected.values()) == len(rows)
    assert manifest.steps[0] == ("read", len(rows))
    assert manifest.steps[-1][1] == manifest.splits["sft"]
    assert manifest.flagged == {"gold_not_last": 1}


@pytest.mark.parametrize(
    ("golds", "reason"),
    [
        (("1/2", "0.5"), "exact_duplicate"),
        (("(5,-2)", "(5, -2)"), "exact_duplicate"),
        (("3 and 4", "4, 3"), "exact_duplicate"),
        (("1/2", "0.4"), "conflicting_gold"),
        (("B", "C"), "conflicting_gold"),
    ],
)
def test_golds_in_two_notations_do_not_conflict(problem, golds, reason, tmp_path):
    rows = [problem(1, id=str(i), answer=gold) for i, gold in enumerate(golds)]
    prepare_training_data({"grpo": rows}, tmp_path / "out")
    assert rejects(tmp_path / "out") == {"1": (reason, "of '0'")}


def test_near_duplicates_may_write_their_gold_differently(problem, tmp_path):
    first = problem(1, answer="6.5")
    second = dataclasses.replace(
        first, id="again", answer="13/2", question=first.question.removesuffix("?")
    )
    prepare_training_data({"grpo": [first, second]}, tmp_path / "out")
    assert rejects(tmp_path / "out")["again"][0] == "near_duplicate"


def test_what_is_only_reported_is_the_callers_choice(problem, tmp_path):
    row = problem(1, rationale=f"{problem(1).answer} it is, of 1234.")
    cleaning = Cleaning(report_only=frozenset())
    prepare_training_data({"sft": [row, problem(2)]}, tmp_path / "out", cleaning=cleaning)
    assert rejects(tmp_path / "out")["made:1"][0] == Reason.GOLD_NOT_LAST


def test_adding_data_moves_no_row_between_splits(problems, tmp_path):
    def splits(rows, name):
        prepare_training_data(rows, tmp_path / name, cleaning=PLAIN, file_format="jsonl")
        return {
            json.loads(line)["id"]: split
            for split in ("sft", "grpo", "eval")
            for line in (tmp_path / name / f"{split}.jsonl").read_text().splitlines()
        }

    few, all_rows = splits(problems[::2], "few"), splits(problems, "all")
    assert {row: all_rows[row] for row in few} == few


def test_token_limits_use_the_tokenizer(problem, hf_tokenizer, tmp_path):
    short = problem(1, question="How many apples ?", answer="7", rationale="7")
    rows = {"grpo": [short, problem(2)]}
    cleaning = Cleaning(max_prompt_tokens=12)
    manifest = prepare_training_data(
        rows, tmp_path / "out", style="bare", cleaning=cleaning, tokenizer=hf_tokenizer
    )
    assert manifest.splits["grpo"] == 1
    assert manifest.statistics["grpo"]["prompt_tokens"]["max"] == 10
    assert rejects(tmp_path / "out")["made:2"][0] == "prompt_too_long"
    assert manifest.config["tokenizer"]["name"] == hf_tokenizer.name


def test_a_strict_build_stops_at_bad_input_and_leaves_nothing(problem, tmp_path):
    rows = [problem(1), problem(2, answer="nan", id="bad")]
    with pytest.raises(DataError, match="bad: non_finite_gold: gold 'nan'"):
        prepare_training_data({"sft": rows}, tmp_path / "out", strict=True)
    assert list(tmp_path.iterdir()) == []
    prepare_training_data({"sft": [problem(1), problem(1, id="b")]}, tmp_path / "out", strict=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"style": "gema"}, "no prompt style"),
        ({"fractions": {"sft": 2}}, "add up to 1"),
        ({"file_format": "csv"}, "format = 'csv': input should be 'parquet'"),
        ({"workers": -1}, "workers = -1: input should be greater than or equal to 0"),
        ({"cleaning": Cleaning(max_prompt_tokens=5)}, "needs a tokenizer"),
        ({"tokenizer": "nowhere"}, "no tokenizer at 'nowhere'"),
    ],
)
def test_a_wrong_option_says_so_and_nothing_is_written(problems, tmp_path, options, message):
    with pytest.raises(DataError, match=message):
        prepare_training_data(problems, tmp_path / "out", **options)
    assert list(tmp_path.iterdir()) == []


def test_no_problems_and_no_sound_problem_are_errors(problem, tmp_path):
    with pytest.raises(DataError, match="the sources contain no problems"):
        prepare_training_data([], tmp_path / "out")
    with pytest.raises(DataError, match="no row remains of 1; the first, 'made:1', was rejected"):
        prepare_training_data({"sft": [problem(1, rationale="")]}, tmp_path / "out")
    with pytest.raises(DataError, match="no split 'train'"):
        prepare_training_data({"train": [problem(1)]}, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_text_that_utf8_cannot_hold_is_a_reject_and_no_crash(problem, tmp_path):
    rows = [problem(1), problem(2, id="lone", question="How many \ud800 apples?")]
    prepare_training_data({"grpo": rows}, tmp_path / "out")
    assert rejects(tmp_path / "out")["lone"][0] == "wrong_encoding"


def test_licences_and_sources_are_counted(problem, tmp_path):
    rows = [problem(1), problem(2, license="CC-BY-4.0", source="other"), problem(3)]
    manifest = prepare_training_data({"grpo": rows}, tmp_path / "out")
    assert manifest.licenses == {"CC-BY-4.0": 1, "MIT": 2}
    assert [(s.name, s.license, s.rows) for s in manifest.sources] == [
        ("made", "MIT", 2),
        ("other", "CC-BY-4.0", 1),
    ]


def test_rows_without_a_rationale_lose_no_share(problem, tmp_path):
    rows = [problem(n, **({"rationale": ""} if n % 2 else {})) for n in range(60)]
    fractions = {"sft": 0.5, "grpo": 0.5}
    manifest = prepare_training_data(rows, tmp_path / "out", fractions=fractions, cleaning=PLAIN)
    assert manifest.rejected == {}
    assert sum(manifest.splits.values()) == 60
    bare = {p.id for p in rows if not p.rationale}
    assert bare < {task.id for task in read_tasks(tmp_path / "out", "grpo")}
    assert 5 < manifest.splits["sft"] < 25


@pytest.mark.parametrize("file_format", ["parquet", "jsonl"])
def test_tasks_have_a_column_of_rubrics_where_a_problem_has_one(problems, tmp_path, file_format):
    items = '[{"name": "a", "question": "A?", "weight": 1.0}]'
    some = [dataclasses.replace(p, rubric=items if i % 2 else "") for i, p in enumerate(problems)]
    prepare_training_data(some, tmp_path / "out", file_format=file_format)
    assert verify(tmp_path / "out") == []
    expected = {p.id: p.rubric for p in some}
    for split in ("grpo", "eval"):
        rows = list(iter_records(tmp_path / "out" / f"{split}.{file_format}"))
        assert {row["id"]: row["rubric"] for row in rows} == {
            r["id"]: expected[r["id"]] for r in rows
        }
