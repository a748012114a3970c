import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_rewards import final_answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<reasoning>a</reasoning><answer> 42 </answer>", "42"),
        ("<answer>41</answer> no: <answer>42</answer>", "42"),
        ("<answer>42", "42"),
        ("the answer is 42.", "42"),
        ("The answer is 41. No, the answer is 42", "42"),
        ("The answer is $1,234.50 in total", "$1,234.50 in total"),
        ("Final answer: 3.5.", "3.5"),
        ("6*7=42\n#### 42", "42"),
        ("so \\boxed{\\frac{1}{2}} it is", "\\frac{1}{2}"),
        ("6 * 7 = 42 pens", "42"),
        ("first 12 then -5", "-5"),
        ("costs 1,234", "1,234"),
        ("no number", None),
        ("", None),
        ("<answer></answer> 7", "7"),
    ],
)
def test_final_answer(text: str, answer: str | None) -> None:
    assert final_answer(text) == answer


@given(st.text())
def test_any_text(text: str) -> None:
    found = final_answer(text)
    assert found is None or found.strip()
