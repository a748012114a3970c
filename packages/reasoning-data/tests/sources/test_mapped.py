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


@pytest.mark.parametrize(("value", "gold"), [(True, "yes"), (7, "7"), (2.5, "2.5"), (" 3 ", "3")])
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
        ({"question": "q", "answer": ["1"]}, Reason.MISSING_FIELD),
        ({"question": "q", "answer": None}, Reason.MISSING_FIELD),
        ({"question": "q", "answer": ""}, Reason.BAD_GOLD),
    ],
)
def test_a_row_that_is_none_says_why(row, reason):
    with pytest.raises(RowError) as error:
        FieldMap().convert(row, AT)
    assert error.value.reason is reason
