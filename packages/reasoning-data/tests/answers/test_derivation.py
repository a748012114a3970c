import pytest

from reasoning_data.answers.derivation import lint_derivation
from reasoning_data.errors import Reason

OPTIONS = "Which melts first?\n(A) lead\n(B) tin foil\n(C) iron"


def reasons(gold, rationale, question="How much is it?"):
    return [finding.reason for finding in lint_derivation(question, rationale, gold)]


@pytest.mark.parametrize(
    ("gold", "rationale"),
    [
        ("(5,-2)", "So the vertex is (5, -2)."),
        ("(5,-2)", r"The center is $\left(5,-2\right)$."),
        ("(5,-2)", "Here x = 5 and y = -2, so the point is P(5, -2)"),
        (r"\frac{9\sqrt{2}}{5}", "It is 9√2/5 in all."),
        (r"3\sqrt{5}", "A side of 3*sqrt(5)."),
        (r"\frac27", "That leaves 2/7 of it."),
        ("0.75", "So three quarters of it."),
        (r"\pi", "The limit is π."),
        ("42", "Forty-two in all."),
        ("-7", "It falls to minus 7 degrees."),
        ("3:2", "So we have 6:4."),
        ("3:2", "The ratio is 3 to 2."),
        (r"(-\infty,3]", "Hence x ≤ 3."),
        (r"x \ge 3", "So the domain is [3, ∞)."),
        ("[-1,6)", "So -1 <= t < 6."),
        (r"\{1,2\}", "So the roots are 1 and 2."),
        ("4, 7, 9", "The values are 4, 7 and 9."),
        ("3+4i", "z = 3 + 4i."),
        ("x^2-5x", "That gives x² - 5x."),
        ("2x+1", "Then f(x)=1+2x, as claimed."),
        (r"\frac{a}{b}", "So the ratio is a/b."),
        ("10^4", "There are 10000 of them."),
        ("1,500,000", "That makes 1.5 million"),
        ("1.5 hours", "It takes 90 minutes."),
        (r"12\text{ cm}", "The side is 12 cm long"),
        (r"\text{Tuesday}", "So it falls on a Tuesday."),
        (r"\text{no solution}", "There is no solution."),
        (r"\textbf{(B)}\ 12", "So there are 12 of them."),
        ("12", r"So 12 students, or \boxed{\text{(C)}}"),
        ("1/3", "It is 1/3, so the answer is about 0.333"),
        (r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", r"$v = \begin{pmatrix} 1 \\ 2 \end{pmatrix}$."),
        ("北京", "答案是北京。"),
        ("apple", "It is one of the apples."),
    ],
)
def test_a_gold_may_stand_there_in_another_notation(gold, rationale):
    assert Reason.ANSWER_NOT_IN_REASONING not in reasons(gold, rationale)


@pytest.mark.parametrize(
    ("gold", "rationale"),
    [
        ("(5,-2)", "The vertex is (5, 2)."),
        (r"3\sqrt{5}", "The height is 5√3."),
        ("[-1,6)", "So -1 < t < 6."),
        ("x^2-5x", "That gives x² + 5x."),
        ("1, 2", "x = 1 or x = 3."),
        ("3:2", "So 2 to 3."),
        (r"\pi", "So 3.14."),
        ("5", "5.2 is the total."),
        ("12", "We need 1 and 2."),
        ("Rome", "A wheel of chrome."),
        ("Oslo", "So it is Bergen."),
        (r"\text{Tuesday}", "So it falls on a Monday."),
    ],
)
def test_another_value_is_not_the_gold(gold, rationale):
    assert reasons(gold, rationale) == [Reason.ANSWER_NOT_IN_REASONING]


@pytest.mark.parametrize(
    ("gold", "rationale"),
    [
        ("7", r"A week has 7 days. The total is \boxed{6}."),
        ("7", "A week has 7 days.\n#### 6"),
        ("7", "A week has 7 days. The answer is 6."),
        ("7", "The answer is 6, though there are 7 days."),
        ("Oslo", "Oslo is large. The answer is Bergen."),
    ],
)
def test_reasoning_that_concludes_something_else_is_refused(gold, rationale):
    assert reasons(gold, rationale) == [Reason.ANSWER_NOT_IN_REASONING]


@pytest.mark.parametrize(
    ("gold", "rationale", "kept"),
    [
        ("yes", "A whale is a mammal.", True),
        ("yes", "A whale is a mammal. So yes.", True),
        ("no", "A cat has no wings. So the answer is no.", True),
        ("True", "Hence the statement is true.", True),
        ("yes", "A whale is a mammal. So the answer is no.", False),
        ("no", "Hence the statement is true.", False),
        ("B", "Tin foil melts at 232 degrees.", True),
        ("(B)", "So (B) is correct.", True),
        ("B", "(A) and (C) need more heat: tin foil it is.", True),
        ("B", "So the answer is C.", False),
        ("B", "Iron, that is (C), melts first of all.", False),
        ("C", "Vitamin D helps.", True),
    ],
)
def test_letters_and_verdicts_must_not_be_contradicted(gold, rationale, kept):
    assert reasons(gold, rationale, OPTIONS) == ([] if kept else [Reason.ANSWER_NOT_IN_REASONING])


def test_the_question_may_ask_for_a_smaller_unit():
    rationale = "Each wash costs 30 / 120 = $0.25."
    assert reasons("25", rationale, "How many cents is a wash?") == [Reason.GOLD_NOT_LAST]
    assert reasons("25", rationale, "How many coins is a wash?") == [Reason.ANSWER_NOT_IN_REASONING]


def test_the_finding_says_what_the_reasoning_concludes():
    (finding,) = lint_derivation("How much?", r"In all \boxed{6}.", "7")
    assert finding.detail == "gold '7', the reasoning concludes '6'"
