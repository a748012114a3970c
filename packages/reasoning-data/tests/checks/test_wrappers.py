import pytest

from reasoning_data.checks.wrappers import Wrapper

FRONT = "Return your final response in a box, please."
BEHIND = "Please reason step by step, and box it."
QUESTIONS = [f"{who} has {n} nuts. How is {who}?" for n, who in enumerate("ABCDEFGHIJ", start=3)]


def test_what_half_of_a_source_has_in_common_goes():
    rows = [f"{FRONT} {text}\n{BEHIND}" for text in QUESTIONS[:6]] + QUESTIONS[6:]
    wrapper = Wrapper.common(rows)
    assert [wrapper.unwrap(row) for row in rows] == QUESTIONS
    assert wrapper.unwrap(f"{FRONT.upper()} What now?") == "What now?"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        QUESTIONS,
        [f"{FRONT} {text}" for text in QUESTIONS[:7]],  # too few to show anything
        [f"What is {text}" for text in QUESTIONS],  # too little in common
        [f"{FRONT} {text}" for text in QUESTIONS[:4]] + QUESTIONS[4:],  # too rare
    ],
)
def test_what_is_no_wrapping_stays(rows):
    wrapper = Wrapper.common(rows)
    assert [wrapper.unwrap(row) for row in rows] == rows


def test_a_source_of_one_question_keeps_it():
    rows = ["How many nuts does he have now?"] * 20
    assert Wrapper.common(rows).unwrap(rows[0]).strip()


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("Question: 1+1?\nAnswer: 2\n\nQuestion: 2+2?\nAnswer:", "2+2?"),
        ("Q: 1+1?\nA: 2\n\nQ: 2+2?\nA:", "2+2?"),
        ("### Problem 7:\n2+2?\n### Solution:", "2+2?"),
        ("2+2?", "2+2?"),
        ("Question:", "Question:"),
    ],
)
def test_the_last_question_of_a_few_shot_prompt(text, core):
    assert Wrapper().unwrap(text) == core
