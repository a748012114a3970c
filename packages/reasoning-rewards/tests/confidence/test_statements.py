"""The forms of a stated confidence, each beside texts that look like it and state none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_rewards.confidence.scoring import stated_confidence
from reasoning_rewards.confidence.statements import stated_value


def states(text: str) -> float | None:
    return stated_value(text.casefold())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Confidence: .7", 0.7),
        ("Confidence: 70", 0.7),
        ("Confidence: 7", 0.7),
        ("Confidence: 1", 1.0),
        ("Confidence: 0", 0.0),
        ("Confidence: 100", 1.0),
        ("Confidence: 70 / 100", 0.7),
        ("Confidence: 7 of 10", 0.7),
        ("Confidence: 7 in 10", 0.7),
        ("Confidence: 0.7/1.0", 0.7),
        ("Confidence: 4 on a scale of 1 to 5", 0.8),
        ("Confidence: 70 pct", 0.7),
        ("Confidence: at least 0.7", 0.7),
        ("Confidence: up to 70%", 0.7),
        ("Confidence: 50/50", 0.5),
    ],
)
def test_numbers(text: str, value: float) -> None:
    assert states(text) == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        "Confidence: -0.7", "Confidence: −70%", "Confidence: 1.5", "Confidence: 101",
        "Confidence: 200%", "Confidence: 7/0", "Confidence: 8/5", "Confidence: 7e-1",
        "Confidence: 0.7.1", "Confidence: nan", "Confidence: n/a", "Confidence: ?",
        "Confidence: 42 pens", "Confidence:",
    ],
)  # fmt: skip
def test_what_is_no_confidence(text: str) -> None:
    assert states(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Confidence: [0.7]", "Confidence: (0.7)", "Confidence: {0.7}", "Confidence: <0.7>",
        "Confidence: $0.7$", "Confidence: \\(0.7\\)", "Confidence: \\boxed{0.7}",
        "Confidence: \\frac{7}{10}", "\\textbf{Confidence:} 70\\%", "Confidence: **70**%",
        "**Confidence**: `0.7`", "__Confidence:__ 0.7", "| Confidence | 0.7 |",
        "## Confidence\n70%", "Confidence:\n- 0.7", "Confidence -> 0.7", "Confidence — 0.7",
        "<confidence>0.7</confidence>", "<confidence> 70% </confidence>",
        '{"confidence": 0.7}', "{'confidence': '70%'}", "confidence_score=0.7",
    ],
)  # fmt: skip
def test_markup(text: str) -> None:
    assert states(text) == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Confidence (0-10): 7", 0.7),
        ("Confidence (0-10): 1", 0.1),
        ("Confidence (1 to 5): 4", 0.8),
        ("Confidence (0-100): 7", 0.07),
        ("Confidence (%): 7", 0.07),
        ("Confidence (out of 20): 14", 0.7),
        ("Confidence (0 to 1): 0.7", 0.7),
        ("Confidence (my own): 0.7", 0.7),
    ],
)
def test_a_scale_in_brackets(text: str, value: float) -> None:
    assert states(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Confidence: seven out of ten", 0.7),
        ("Confidence: seventy-five percent", 0.75),
        ("Confidence: seventy", 0.7),
        ("Confidence: zero point seven", 0.7),
        ("Confidence: one half", 0.5),
        ("I am seventy percent sure.", 0.7),
        ("Confidence: fifty-fifty", 0.5),
    ],
)
def test_number_words(text: str, value: float) -> None:
    assert states(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Confidence: 0.05-0.95", 0.95),
        ("Confidence: 0.05–0.95", 0.95),
        ("Confidence: 0.05 – 0.95", 0.95),
        ("Confidence: 0.05,0.95", 0.95),
        ("Confidence: 0.05;0.95", 0.95),
        ("Confidence: 0.05/0.95", 0.95),
        ("Confidence: 0.05 | 0.95", 0.95),
        ("Confidence: 0.05 0.95", 0.95),
        ("Confidence: 0.05 (or rather 0.95)", 0.95),
        ("Confidence: between 5% and 95%", 0.95),
        ("Confidence: 5-95%", 0.95),
        ("Confidence: 3 or 4 out of 10", 0.4),
        ("Confidence: 0.05\nConfidence: 0.95", 0.95),
        ("I am 5% sure, no, 95% sure.", 0.95),
        ("Confidence: 0.4. That is 0.9 of it.", 0.4),
        ("Confidence: 0.4, because 0.9 of it is 36.", 0.4),
    ],
)
def test_the_largest_value_of_a_statement_counts(text: str, value: float) -> None:
    assert states(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Confidence: low", 0.3),
        ("Confidence: **Medium**", 0.6),
        ("Confidence: moderate.", 0.6),
        ("Confidence: HIGH", 0.9),
        ("Confidence: very high", 0.95),
        ("Confidence: fairly high", 0.75),
        ("Confidence: very low", 0.1),
        ("Confidence: not very high", 0.3),
        ("Confidence: low to medium", 0.6),
        ("Confidence: medium-high", 0.9),
        ("<confidence>low</confidence>", 0.3),
        ("My confidence is low.", 0.3),
        ("I say so with low confidence.", 0.3),
        ("I have no confidence in this.", 0.0),
        ("Confidence: low (0.2)", 0.3),
        ("Confidence: lowest", None),
        ("The temperature was low.", None),
        ("He did it with confidence.", None),
    ],
)
def test_levels(text: str, value: float | None) -> None:
    assert states(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("There is a 70% chance that I am right.", 0.7),
        ("There's a 70 % chance I'm right.", 0.7),
        ("I see a 70% probability of being correct.", 0.7),
        ("It is 70% likely that my answer is correct.", 0.7),
        ("There is a 7 in 10 chance that this is right.", 0.7),
        ("There is a 3 in 4 chance that this is right.", 0.75),
        ("There is a seven in ten chance that it is right.", 0.7),
        ("There is a 30% chance that I am wrong.", 0.7),
        ("Probability of being correct: 0.7", 0.7),
        ("The probability that the answer is right is 70%.", 0.7),
        ("Probability of being wrong: 30%", 0.7),
        ("My chances of being right are about 70%.", 0.7),
        ("P(correct) = 0.7", 0.7),
        ("Pr(I am right) ≈ 70%", 0.7),
        ("I am confident (70%).", 0.7),
        ("I'm 7/10 confident.", 0.7),
    ],
)
def test_the_chance_of_being_right(text: str, value: float) -> None:
    assert states(text) == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        "There is a 70% chance of rain.",
        "There is a 70% chance that the right door is open.",
        "The probability of drawing the correct key is 0.7.",
        "The right price is 70% of 90.",
        "That is correct: 70%.",
        "P(A) = 0.7",
        "The 95% confidence interval is 0.3 wide.",
        "At the 95% confidence level the hypothesis is rejected.",
        "A confidence interval of 95% was used.",
        "The confidence bounds are 0.1 and 0.7.",
        "We can say with confidence: 42.",
        "With confidence, 0 is even.",
    ],
)
def test_other_probabilities_state_nothing(text: str) -> None:
    assert states(text) is None
    assert stated_confidence(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "My confidence in the answer 42 is 0.7.",
        "My confidence that the answer is 42 is 70%.",
        "I would rate my confidence as 7 out of 10.",
        "I'd put my confidence at roughly 70%.",
        "Level of confidence: 70%",
        "Confidence level: 0.7",
        "Overall confidence score: 7/10",
        "Confianza: 0,7",
        "Confiance : 70 %",
        "Konfidenz: 0,7",
        "置信度：0.7",
    ],
)
def test_sentences_and_languages(text: str) -> None:
    assert states(text) == pytest.approx(0.7)


@given(st.integers(0, 100), st.sampled_from(["{}%", "{} percent", "{}/100", "{} out of 100"]))
def test_the_short_way_and_the_long_way_agree(percent: int, form: str) -> None:
    """The line that prompts ask for is read without the grammar; it must say the same."""
    value = percent / 100
    assert states(f"42\nconfidence: {value:.2f}") == pytest.approx(value)
    assert states(f"42\n**confidence**: {value:.2f}") == pytest.approx(value)
    assert states("Confidence: " + form.format(percent)) == pytest.approx(value)


PIECES = ["confidence", ": ", "0.3", "90", "%", "/", "10", "chance ", "that ", "i am ", "right",
          "(", ")", "-", " ", "low", "one ", "in ", "\\boxed{", "}", "\n", ".", "sure"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_text_states_a_probability_or_nothing(text: str) -> None:
    value = states(text)
    assert value is None or 0 <= value <= 1
