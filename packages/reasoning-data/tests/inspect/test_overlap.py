import pytest

from reasoning_data import find_overlaps, open_build, prepare_training_data, render_prompt
from reasoning_data.rendering import STYLES, question_of


@pytest.fixture
def build(problem, tmp_path):
    rows = {"sft": [problem(n) for n in range(6)], "grpo": [problem(n) for n in range(6, 12)]}
    prepare_training_data(rows, tmp_path / "out")
    return open_build(tmp_path / "out")


def test_rows_of_both_training_splits_are_compared_with_every_set(build, problem):
    sets = {
        "apart": [problem(50), problem(51)],
        "in grpo": [problem(7), problem(52)],
        "in both": [problem(9), problem(2), problem(3)],
    }
    found = find_overlaps(build, sets)
    assert [(o.name, o.count, o.first) for o in found] == [
        ("in grpo", 1, "made:7"),
        ("in both", 3, "made:2"),
    ]
    assert found[1].detail == "the question of 'in both/made:2'"


def test_a_question_in_other_case_and_small_words_is_found(build, problem):
    twin = problem(3, id="twin", question=problem(3).question.upper())
    assert find_overlaps(build, {"twins": [twin]})[0].count == 1


@pytest.mark.parametrize("style", STYLES.values(), ids=str)
def test_a_prompt_gives_its_question_back(style):
    question = "Two lines?\n\nHow many?"
    assert question_of(render_prompt(question, style), style) == question
