import json
from datetime import date
from decimal import Decimal

import pytest

from reasoning_data.errors import Reason, RowError
from reasoning_data.sources.convert import Provenance
from reasoning_data.sources.mapped import FieldMap

AT = Provenance("set:4", "set", "unknown")


def test_fields_are_named_and_a_dot_goes_into_an_object():
    fields = FieldMap(question="q", answer="meta.gold", rationale="why", id="key")
    row = {"q": "1+1?", "meta": {"gold": 2}, "why": "One and one.", "key": "k7"}
    problem = fields.convert(row, AT)
    assert (problem.question, problem.answer) == ("1+1?", "2")
    assert (problem.rationale, problem.id) == ("One and one.", "set:k7")


def test_a_field_whose_name_holds_a_dot_is_found_first():
    assert FieldMap(answer="a.b").convert({"question": "q", "a.b": "1"}, AT).answer == "1"


@pytest.mark.parametrize(
    ("value", "gold"),
    [
        (True, "yes"),
        (7, "7"),
        (2.5, "2.5"),
        (" 3 ", "3"),
        (81.0, "81"),
        (-4e3, "-4000"),
        (["9"], "9"),
        (b"7", "7"),
        (Decimal("81.0"), "81"),
        (Decimal("2.50"), "2.50"),
        (date(2024, 3, 15), "2024-03-15"),
        (float("inf"), "inf"),
    ],
)
def test_numbers_and_booleans_become_text(value, gold):
    assert FieldMap().convert({"question": "q", "answer": value}, AT).answer == gold


def test_a_rationale_is_optional():
    row = {"question": "q", "answer": "1", "rationale": None}
    assert FieldMap().convert(row, AT).rationale == ""
    assert FieldMap().convert({"question": "q", "answer": "1"}, AT).rationale == ""


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"question": "q"}, Reason.MISSING_FIELD),
        ({"question": "q", "answer": ["1", "2"]}, Reason.MISSING_FIELD),
        ({"question": "q", "answer": None}, Reason.MISSING_FIELD),
        ({"question": "q", "answer": ""}, Reason.BAD_GOLD),
    ],
)
def test_a_row_that_is_none_says_why(row, reason):
    with pytest.raises(RowError) as error:
        FieldMap().convert(row, AT)
    assert error.value.reason is reason


@pytest.mark.parametrize(
    "row",
    [
        {"problem": "1+1?", "answer": "2"},
        {"prompt": [{"role": "system", "content": "Add."}, {"role": "user", "content": "1+1?"}],
         "reward_model": {"style": "rule", "ground_truth": "2"}},
        {"input": "1+1?", "target": 2.0},
        {" Question": "1+1?", "Answer ": "2"},
        {"instruction": "1+1?", "input": "", "expected_answer": "2"},
    ],
)  # fmt: skip
def test_the_usual_names_are_found_where_none_are_given(row):
    problem = FieldMap().convert(row, AT)
    assert (problem.question, problem.answer) == ("1+1?", "2")


def test_a_name_that_was_given_is_the_only_one_looked_for():
    with pytest.raises(RowError, match="no field 'q'"):
        FieldMap(question="q").convert({"problem": "1+1?", "answer": "2"}, AT)


def test_an_answer_as_gsm8k_has_it_is_solution_and_gold():
    row = {"question": "1+1?", "answer": "One and one is <<1+1=2>>2.\n#### 2"}
    problem = FieldMap().convert(row, AT)
    assert (problem.answer, problem.rationale) == ("2", "One and one is 2.")
    assert FieldMap().convert({**row, "rationale": "So."}, AT).rationale == "So."


def test_the_passage_goes_in_front():
    row = {"Body": "Ann has one nut.", "Question": "How many?", "Answer": 1.0}
    assert FieldMap().convert(row, AT).question == "Ann has one nut.\n\nHow many?"
    assert FieldMap(question="Question").convert(row, AT).question == "How many?"


RAR = [{"title": "Dose", "description": "Names the dose.", "weight": 5}]


@pytest.mark.parametrize("cell", [RAR, json.dumps(RAR)])
def test_items_of_a_judge_come_along(cell):
    row = {"question": "q", "answer": "1", "criteria": cell}
    problem = FieldMap(rubric="criteria").convert(row, AT)
    assert json.loads(problem.rubric) == [
        {"name": "Dose", "question": "Names the dose.", "weight": 5}
    ]
    assert FieldMap().convert(row, AT).rubric == ""


def test_rows_may_have_no_items_of_their_own():
    for cell in (None, [], ""):
        row = {"question": "q", "answer": "1", "criteria": cell}
        assert FieldMap(rubric="criteria").convert(row, AT).rubric == ""


def test_a_rubric_that_cannot_be_read_is_a_reason():
    row = {"question": "q", "answer": "1", "criteria": "be nice"}
    with pytest.raises(RowError, match=r"field 'criteria': .* must be a JSON list") as caught:
        FieldMap(rubric="criteria").convert(row, AT)
    assert caught.value.reason == Reason.BAD_RUBRIC
    with pytest.raises(RowError, match="no field 'rubric'"):
        FieldMap(rubric="rubric").convert(row, AT)
