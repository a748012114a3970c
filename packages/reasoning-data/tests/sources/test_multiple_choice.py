import pytest

from reasoning_data.errors import Reason, RowError
from reasoning_data.sources.multiple_choice import read_choices

THREE = ["lead", "tin", "iron"]


@pytest.mark.parametrize(
    ("row", "right"),
    [
        ({"choices": THREE, "answer": 1}, 1),
        ({"choices": THREE, "answer": "B"}, 1),
        ({"choices": THREE, "answer": "(b)"}, 1),
        ({"choices": THREE, "answer": "tin"}, 1),
        ({"options": THREE, "answer": "B", "answer_index": 1}, 1),
        ({"options": ["A)lead", "B)tin", "C)iron"], "correct": "B", "rationale": "w"}, 1),
        ({"options": dict(zip("ABC", THREE, strict=True)), "answer": "tin", "answer_idx": "B"}, 1),
        ({"endings": THREE, "label": "1"}, 1),
        ({"opa": "lead", "opb": "tin", "opc": "iron", "cop": 1}, 1),
        ({"sol1": "lead", "sol2": "tin", "sol3": "iron", "label": 1}, 1),
        ({"option1": "lead", "option2": "tin", "option3": "iron", "answer": "2"}, 1),
        ({"A": "lead", "B": "tin", "C": "iron", "answer": "B"}, 1),
        ({"answer0": "lead", "answer1": "tin", "answer2": "iron", "label": 1}, 1),
        ({"choices": {"text": THREE, "label": ["1", "2", "3"]}, "answerKey": "2"}, 1),
        ({"choices": [{"label": "A", "text": "lead"}, {"label": "B", "text": "tin"},
                      {"label": "C", "text": "iron"}], "answerKey": "B"}, 1),
    ],
)  # fmt: skip
def test_layouts(row, right):
    assert read_choices(row) == (THREE, right)


def test_digits_that_are_choices_are_no_index():
    assert read_choices({"choices": ["2", "4", "8"], "answer": 2}).right == 2
    with pytest.raises(RowError, match="none of"):
        read_choices({"choices": ["2", "4", "8"], "answer": "2"})


def test_a_label_that_begins_a_choice_by_chance_stays():
    assert (
        read_choices({"options": ["A) is right", "neither"], "answer": 1}).texts[0] == "A) is right"
    )


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"options": THREE, "answer": "B", "answer_index": 2}, Reason.CONFLICTING_GOLD),
        ({"choices": THREE, "answer": 3}, Reason.BAD_GOLD),
        ({"choices": THREE, "answer": "D"}, Reason.BAD_GOLD),
        ({"choices": THREE, "answer": ""}, Reason.BAD_GOLD),
        ({"choices": THREE, "answer": True}, Reason.BAD_GOLD),
        ({"opa": "lead", "opb": "tin", "cop": 4}, Reason.BAD_GOLD),
        ({"opa": "lead", "cop": 0}, Reason.MISSING_FIELD),
        ({"choices": "lead, tin", "answer": 0}, Reason.MISSING_FIELD),
    ],
)
def test_a_row_without_one_right_choice_is_refused(row, reason):
    with pytest.raises(RowError) as error:
        read_choices(row)
    assert error.value.reason is reason
