import pytest

from reasoning_rewards import final_answer, same_answer
from reasoning_rewards.extraction.continuations import own_text


@pytest.mark.parametrize(
    "behind",
    [
        "\nQuestion: Ann has 3 cats. How many legs have they?\nAnswer: 12",
        "\n\nQ: Ann has 3 cats. How many legs?\nA: The answer is 12.",
        " Q: How many legs have 3 cats? A: The answer is 12.",
        "\n\n**Question 2:** How many legs?\n#### 12",
        "\n\nProblem 2. Legs of 3 cats\n\\boxed{12}",
        "\nUser: and 3 * 4?\nAssistant: 12",
        "\n\n### Question: and 3 * 4?\n### Answer: 12",
        "\n\nAnn has 3 cats in her house. How many legs do they have?\nThe answer is 12.",
        "<|im_end|>\n<|im_start|>user\nThe answer is 12.",
        "<end_of_turn>\n<start_of_turn>user\n3 * 4 = 12",
        "<eos>12",
        "</s> 12",
    ],
)
@pytest.mark.parametrize(
    "answer", ["The answer is 15.", "7 + 8 = 15\n#### 15", "So 7 + 8 = 15.", "15", "$15 a day."]
)
def test_questions_that_a_model_asks_itself_are_left_out(answer: str, behind: str) -> None:
    assert own_text(answer + behind).strip() == answer
    assert same_answer(final_answer(answer + behind) or "", "15")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Question: what is 7 + 8?\nAnswer: 15", "15"),
        ("Q: 7 + 8?\nA: 7 + 8 = 15.", "15"),
        ("Problem: add 7 and 8.\n7 + 8 = 15", "15"),
        ("7 + 8 = 15.\n\nSo how many pens are there in all three boxes? 15 * 3 = 45.", "45"),
        ("The answer is 15.\n\nWait, how many boxes are there? The answer is 45.", "45"),
        ("<bos>The answer is 15.", "15"),
    ],
)
def test_questions_of_the_solution_stay(text: str, answer: str) -> None:
    assert final_answer(text) == answer


@pytest.mark.parametrize(
    "text",
    [
        "15\nConfidence: 90%", "7 + 8 = 15\nConfidence: 9/10",
        "Answer: 15\n**Confidence:** high (0.9)",
        "The answer is 15 (confidence: 90%).", "The answer is 15. I am 90% sure.",
        "I am 90% sure that the answer is 15.", "15 (90% confident)",
        "The answer is 15, with 90% confidence.", "7 + 8 = 15. There is a 90% chance I am right.",
        "Answer: 15 | Confidence: 0.9", "\\boxed{15}\nConfidence: 0.9",
        "15\n<confidence>0.9</confidence>", "15\nP(correct) = 0.9",
    ],
)  # fmt: skip
def test_a_confidence_is_no_answer(text: str) -> None:
    assert final_answer(text) == "15"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The confidence interval is 4 wide.", "4"),
        ("A 95% confidence interval is 1.2 to 3.4, so its width is 2.2", "2.2"),
        ("The probability is 0.9.", "0.9"),
    ],
)
def test_a_confidence_interval_is_one(text: str, answer: str) -> None:
    assert final_answer(text) == answer
