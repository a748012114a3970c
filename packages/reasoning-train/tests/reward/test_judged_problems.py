from pathlib import Path

import pytest

from reasoning_data import Source, generate_arithmetic, prepare_training_data
from reasoning_train.errors import UserError
from reasoning_train.reward.judged_problems import check_rubric_source, judged_problems


def built(folder: Path, **changes: str) -> Path:
    from dataclasses import replace

    problems = [replace(p, **changes) for p in generate_arithmetic(20, seed=0)]
    prepare_training_data(problems, folder)
    return folder


def test_question_and_items_of_each_problem(tmp_path: Path) -> None:
    data = built(tmp_path / "data", rubric='["Is it short?"]')
    problems = judged_problems(data, "rubric")
    assert problems
    assert {problem.cell for problem in problems.values()} == {'["Is it short?"]'}
    assert all("<start_of_turn>" not in problem.question for problem in problems.values())
    assert {p.cell for p in judged_problems(data, "").values()} == {None}


def test_a_column_that_is_missing_or_holds_something_else(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"the data has no column 'rubric'; rubric=FIELD"):
        judged_problems(built(tmp_path / "none"), "rubric")
    with pytest.raises(UserError, match=r"reward.rubric_column 'gold': .* must hold a list"):
        judged_problems(built(tmp_path / "data"), "gold")


def test_some_source_must_fill_the_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("question,answer,r\n")
    rows, plain = (f"rows:{tmp_path}/a.csv{end}" for end in (",rubric=r", ""))
    check_rubric_source("rubric", [Source.model_validate(s) for s in (plain, rows)])
    with pytest.raises(UserError, match="no column 'rubric'"):
        check_rubric_source("rubric", [Source.model_validate(plain)])
    with pytest.raises(UserError, match="no column 'r'"):
        check_rubric_source("r", [Source.model_validate(rows)])
