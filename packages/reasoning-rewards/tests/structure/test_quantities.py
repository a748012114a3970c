"""The numbers of a question, and what its units and coins bring with them."""

from fractions import Fraction

import pytest

from reasoning_rewards.equations.vocabulary import words_of
from reasoning_rewards.structure.quantities import Question, question_of


def question(prompt: str) -> Question:
    return question_of(prompt, frozenset(words_of(prompt)))


@pytest.mark.parametrize(
    ("prompt", "known"),
    [
        ("A film lasts 2.5 hours.", [Fraction(5, 2), 150, 60]),
        ("Rosa trains for 3 weeks.", [3, 21, 7]),
        ("A plank is 4 feet long.", [48, 12]),
        ("Ben finds a dime and 2 nickels.", [10, 5, 25]),
        ("A quarter of the 40 pens are red.", [Fraction(1, 4), Fraction(3, 4)]),
        ("Two fifths of 35 pens are red.", [Fraction(2, 5), Fraction(3, 5)]),
        ("A jug holds 3 liters.", [3000]),
        ("Two angles of a triangle have 40 and 75 degrees.", [180]),
    ],
)
def test_units_and_parts_of_the_question_are_known(
    prompt: str, known: list[int | Fraction]
) -> None:
    assert question(prompt).known.issuperset(known)


def test_only_units_that_are_named_are_known() -> None:
    assert question("Ann buys 17 pens.").known == {17}
    assert question("Ann buys 17 pens.").factors == frozenset()


def test_conversions_need_not_be_used() -> None:
    assert len(question("Ann runs 17 miles in 3 days.").quantities) == 2
