import pytest

from reasoning_data.errors import RowError
from reasoning_data.sources.convert import Provenance
from reasoning_data.sources.questions import from_choice, from_strategyqa

AT = Provenance("q:1", "q", "MIT")


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        (True, "yes"),
        (False, "no"),
        ("Yes", "yes"),
        ("no", "no"),
        ("true", "yes"),
        ("False", "no"),
        (1, "yes"),
        (0, "no"),
    ],
)
def test_strategyqa_golds_are_yes_and_no(answer, gold):
    row = {"question": "Is it?", "answer": answer, "facts": ["One.", "Two."]}
    problem = from_strategyqa(row, AT)
    assert problem.answer == gold
    assert problem.rationale == "One.\nTwo."


@pytest.mark.parametrize("answer", [None, 2, "", "maybe", [True], 1.0])
def test_strategyqa_refuses_anything_else(answer):
    with pytest.raises(RowError, match="neither yes nor no"):
        from_strategyqa({"question": "Is it?", "answer": answer}, AT)


def test_arc_choices_are_listed_and_the_gold_is_a_letter():
    row = {
        "question": "Which is red?",
        "choices": {"text": ["Sky", "Blood"], "label": ["1", "2"]},
        "answerKey": "2",
    }
    problem = from_choice(row, AT)
    assert problem.question == "Which is red?\n(A) Sky\n(B) Blood"
    assert (problem.answer, problem.rationale) == ("B", "")


def test_mmlu_choices_have_an_index():
    row = {"question": "Which is red?", "choices": ["Sky", "Blood"], "answer": 1}
    assert from_choice(row, AT).answer == "B"


@pytest.mark.parametrize(
    "row",
    [
        {"question": "q", "choices": {"text": ["a"], "label": ["A"]}, "answerKey": "E"},
        {"question": "q", "choices": {"text": ["a", "b"], "label": ["A"]}, "answerKey": "A"},
        {"question": "q", "choices": ["a"], "answer": 1},
        {"question": "q", "choices": [], "answer": 0},
        {"question": "q"},
        {"choices": ["a"], "answer": 0},
        {"question": "q", "choices": ["a"] * 27, "answer": 0},
    ],
)
def test_a_row_without_a_right_choice_is_refused(row):
    with pytest.raises(RowError):
        from_choice(row, AT)


def test_a_passage_goes_in_front_of_its_question():
    row = {"question": "is tin soft", "passage": "Tin is a soft metal.", "answer": True}
    assert from_strategyqa(row, AT).question == "Tin is a soft metal.\n\nis tin soft"
    row = {
        "article": "Tin is soft.",
        "question": "Which is?",
        "options": ["Tin", "Iron"],
        "answer": "A",
    }
    assert from_choice(row, AT).question == "Tin is soft.\n\nWhich is?\n(A) Tin\n(B) Iron"


def test_choices_that_stand_in_the_question_are_not_listed_again():
    row = {"question": "Which?\nA. Tin\nB. Iron", "choices": ["Tin", "Iron"], "answer": 1}
    assert from_choice(row, AT).question == row["question"]
    row["choices"] = ["Iron", "Tin"]
    assert from_choice(row, AT).question.endswith("(A) Iron\n(B) Tin")
