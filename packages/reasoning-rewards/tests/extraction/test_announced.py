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
        ("7 + 8 = 15\n#### 15 and so the result is consistent", "15"),
        ("#### 15\nThe result is plausible.", "15"),
        ("#### **$15**", "$15"),
        ("so \\boxed{3} and \\boxed{5}", "\\boxed{3} and \\boxed{5}"),
        ("\\boxed{3}. No, it is \\boxed{5}", "5"),
        ("#### Lima", "Lima"),
        ("#### Step 1: add\n7 + 8 = 15\n#### Final answer\n15", "15"),
        ("**Final Answer**\n\nLima", "Lima"),
        ("## Answer\n\\[\n\\frac{3}{4}\n\\]", "\\frac{3}{4}"),
        ("The answer to this question is 15.", "15"),
        ("The correct option is (C).", "(C)"),
        ("Hence Lima is the correct answer.", "Lima"),
        ("What is the answer? It is 15.", "15"),
        ("The answer is 15, which is more than 8.", "15"),
        ("The answer is 15 or 16.", "15 or 16"),
        ("The answer is 8. No, the answer is not 8.", "8"),
        ("The answer is not 8.", None),
    ],
)
def test_final_answer(text: str, answer: str | None) -> None:
    assert final_answer(text) == answer


PIECES = ["the answer is ", "####", "\n", "\n\n", "5", " or ", ". ", "Q: ", "how many?", "<eos>",
          "\\boxed{", "}", "confidence: ", "90%", "(", ")", "= ", ": ", ", ", "because ", "$", "**",
          "<answer>", "</answer>", "−"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_mix_of_announcements(text: str) -> None:
    found = final_answer(text)
    assert found is None or found.strip()


@given(st.text())
def test_any_text(text: str) -> None:
    found = final_answer(text)
    assert found is None or found.strip()
