import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_data.answers.final_answer import MAX_VALUES, conclusion, late_values, numbers, values


def test_numbers_as_people_write_them():
    text = "1,200 of 650 000, then -3 or \u22124, $5.50, 3/4, 20% and .5, but not x2."
    assert numbers(text) == ["1,200", "650 000", "-3", "\u22124", "$5.50", "3/4", "20%", ".5"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"So \boxed{8}.", "8"),
        (r"So \boxed{8} or \boxed{9}.", "8, 9"),
        ("We add. The answer is 8.", "8"),
        ("We add.\nFinal answer: (C)", "(C)"),
        ("We add.\n#### 8", "8"),
        ("The answer is 8 because we add.", "8"),
        ("The answer is 8. Wait, let me check. It is 9.", ""),
        ("The answer is about 0.33.", ""),
        ("We add 3 and 5.", ""),
        ("", ""),
        (r"First \boxed{8}." + " More is to be said of it." * 40, ""),
    ],
)
def test_a_conclusion_is_a_box_or_an_announcement_at_the_end(text, said):
    assert conclusion(text) == said


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The vertex is (5, -2).", "(5, -2)"),
        ("So -1 <= t < 6 holds.", "-1 <= t < 6"),
        (r"Then $x = \frac{1}{2}$.", r"\frac{1}{2}"),
        ("It takes 90 minutes.", "90 minutes"),
        ("There are forty two.", "forty two"),
        ("The roots are 4, 7 and 9.", "4, 7 and 9"),
        ("The roots are 4, 7 and 9.", "7"),
        ("A height of 2√3 is enough.", "2√3"),
    ],
)
def test_values_are_cut_out(text, value):
    assert value in list(values(text))


def test_late_values_are_of_the_last_sentences():
    text = "First 11. Then 22. Last 33."
    assert "33" in list(late_values(text, 1))
    assert "22" not in list(late_values(text, 1))


@given(st.text(alphabet="a1 $\\()[].,=-\n√x", max_size=400))
def test_no_text_is_too_odd(text):
    assert all(value.strip() for value in values(text))
    assert len(conclusion(text)) <= len(text)


def test_a_long_text_has_a_limited_number_of_values():
    assert len(list(values("1. 2 = x. " * 5000 + ", ".join(map(str, range(5000)))))) <= MAX_VALUES
