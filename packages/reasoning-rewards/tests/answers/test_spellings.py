"""Spellings of an answer that a reader must see through, each beside one that is another answer."""

import pytest

from reasoning_rewards import same_answer

SAME = [
    ("Forty-Two dollars", "42"),
    ("One Hundred Dollars", "100"),
    ("Rs 1,50,000/-", "150000"),
    ("\\mathbb{R}", "all real numbers"),
    ("x \\in \\mathbb{R}", "all real numbers"),
    ("ℝ", "all reals"),
    ("There is no solution.", "no solution"),
    ("No solutions exist", "no solution"),
    ("no real roots", "no real solutions"),
    ("DNE", "does not exist"),
    ("The limit does not exist.", "DNE"),
    ("42 approx.", "42"),
    ("42% approximately", "42%"),
    ("42 (i.e. 6*7)", "42"),
    ("42 (that is, 6*7)", "42"),
    ("42 — that is the number of apples", "42"),
    ("«42»", "42"),
    ("42 times", "42"),
    ("42 times as many", "42"),
    ("42 times per day", "42"),
    ("3-to-2", "3:2"),
    ("⟨1, 2⟩", "(1, 2)"),
    ("<b>42</b>", "42"),
    ("<p><strong>42</strong></p>", "42"),
    ("increased by 15%", "15%"),
    ("It fell by $15", "15"),
]
DIFFERENT = [
    ("One Direction", "1"),
    ("(-\\infty, 3)", "all real numbers"),
    ("no solution", "no"),
    ("no solution", "no real solution"),
    ("no doubt", "no solution"),
    ("42 (i.e. 43)", "42"),
    ("42 — or maybe another number", "42"),
    ("42 — twenty three", "42"),
    ("5 - pi r", "5"),
    ("3 - sqrt 2", "3"),
    ("42 times itself", "42"),
    ("42 times a number", "42"),
    ("42 times two", "42"),
    ("3-to-2", "2:3"),
    ("<b>42</i>", "42"),
    ("increased by 15% to 30", "15"),
]


@pytest.mark.parametrize(("prediction", "gold"), SAME)
def test_another_spelling_is_the_same_answer(prediction: str, gold: str) -> None:
    assert same_answer(prediction, gold)
    assert same_answer(gold, prediction)


@pytest.mark.parametrize(("prediction", "gold"), DIFFERENT)
def test_what_only_looks_like_the_spelling_is_another_answer(prediction: str, gold: str) -> None:
    assert not same_answer(prediction, gold)
    assert not same_answer(gold, prediction)
