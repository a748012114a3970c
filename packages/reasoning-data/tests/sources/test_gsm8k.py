import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_data.errors import Reason, RowError
from reasoning_data.sources.convert import Provenance
from reasoning_data.sources.gsm8k import from_gsm8k, from_gsm8k_socratic

AT = Provenance("gsm8k-train:1", "gsm8k", "MIT")


def test_annotations_go_and_the_gold_stays_as_it_is():
    row = {
        "question": "How many?",
        "answer": "He sold 48/2 = <<48/2=24>>24.\nIn all $<<24*50=1200>>1,200.\n#### 1,200",
    }
    problem = from_gsm8k(row, AT)
    assert problem.rationale == "He sold 48/2 = 24.\nIn all $1,200."
    assert problem.answer == "1,200"
    assert (problem.id, problem.source, problem.license) == ("gsm8k-train:1", "gsm8k", "MIT")


@given(
    steps=st.lists(st.text(st.characters(exclude_characters="<>#\r\n")), min_size=1),
    gold=st.from_regex(r"-?[0-9]{1,9}(\.[0-9]+)?", fullmatch=True),
)
def test_any_solution_and_gold_come_back(steps, gold):
    solution = "\n".join(steps)
    annotated = "\n".join(f"{step}<<1+1=2>>" for step in steps)
    problem = from_gsm8k({"question": "q", "answer": f"{annotated}\n#### {gold}"}, AT)
    assert problem.answer == gold
    assert problem.rationale == solution.strip()


def test_a_less_than_sign_is_no_annotation():
    row = {"question": "q", "answer": "As 3 < 5 and 5 << 100, it is 3.\n#### 3"}
    assert from_gsm8k(row, AT).rationale == "As 3 < 5 and 5 << 100, it is 3."


def test_socratic_sub_questions_stay():
    row = {"question": "q", "answer": "How many? ** It is <<1+1=2>>2.\n#### 2"}
    assert from_gsm8k_socratic(row, AT).rationale == "How many? It is 2."


@pytest.mark.parametrize(
    ("row", "gold", "rationale"),
    [
        ({"question": "q", "answer": "So 4 + <<4\n+5=9>>9.\n####9"}, "9", "So 4 + 9."),
        ({"query": "q", "response": "So 9.\n#### 9\nThe answer is: 9"}, "9", "So 9."),
        ({"query": "q", "response": "So 9.\nThe answer is: \\frac{9}{2}"}, "\\frac{9}{2}", "So 9."),
        ({"question": "q", "answer": "1,200"}, "1,200", ""),
        ({"question": "q", "answer": "1 << 2 = 4 and\n8 >> 1 = 4.\n#### 4"}, "4",
         "1 << 2 = 4 and\n8 >> 1 = 4."),
    ],
)  # fmt: skip
def test_rows_of_its_kin(row, gold, rationale):
    problem = from_gsm8k(row, AT)
    assert (problem.question, problem.answer, problem.rationale) == ("q", gold, rationale)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"question": "q"}, Reason.MISSING_FIELD),
        ({"question": None, "answer": "1\n#### 1"}, Reason.MISSING_FIELD),
        ({"question": " ", "answer": "1\n#### 1"}, Reason.MISSING_FIELD),
        ({"question": "q", "answer": "It is 1."}, Reason.BAD_GOLD),
        ({"question": "q", "answer": "It is 1.\n#### "}, Reason.BAD_GOLD),
    ],
)
def test_a_row_that_is_none_says_why(row, reason):
    with pytest.raises(RowError) as error:
        from_gsm8k(row, AT)
    assert error.value.reason is reason
