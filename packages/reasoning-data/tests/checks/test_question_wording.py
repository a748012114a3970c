import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_data.checks.question_wording import Wording


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("What is $2+3$?", "what is 2 + 3", True),
        ("What is \\(x\\)?", "What is $x$?", True),
        ("A well-known 1,200 \u2013 or so", "A well\u2010known 1200 - or so", True),
        ("Solve x-1=0", "Solve x\u22121=0", True),
        ("Solve x-1=0", "Solve x+1=0", False),
        ("3.5 or 4", "35 or 4", False),
        ("Three of twenty-five", "3 of 25", True),
        ("What is (2+3)*4?", "What is 2+3*4?", False),
        ("What is \\sqrt{9+7}?", "What is \\sqrt{9}+7?", False),
        ("A dog (a terrier) eats", "A dog, a terrier, eats", True),
        ("**Sum** the digits", "Sum the digits", True),
    ],
)
def test_tokens_are_words_numbers_and_operators(left, right, same):
    assert (Wording.of(left).tokens == Wording.of(right).tokens) is same


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("Please answer: how many legs have 8 ants? Thanks.", True),
        ("Q1. How many legs have 8 ants", True),
        ("How many legs have 8 ants and 2 cats?", False),
        ("Tell me how many legs have 8 ants?", False),
        ("How many legs have 8 bees?", False),
        ("How many legs have", False),
    ],
)
def test_a_question_is_held_between_borders_of_sentences(text, held):
    assert Wording.of(text).holds(Wording.of("How many legs have 8 ants?")) is held


@pytest.mark.parametrize("text", ["Why?", "What is the answer?", "How many are left?", "5", ""])
def test_what_says_too_little_is_held_by_nothing(text):
    assert not Wording.of(f"See here. {text} See there.").holds(Wording.of(text))


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("How many prime factors does 420 have?", "Find the number of prime factors of 420.", True),
        ("Which gas is lighter?\n(A) neon\n(B) helium", "Which gas is lighter?\nA. helium\nB. neon",
         True),
        ("Which gas is lighter?\n(A) neon\n(B) helium", "Which gas is lighter?\nA. neon\nB. argon",
         False),
        ("Is 3 nuts more than 4 figs?", "Is 4 nuts more than 3 figs?", False),
        ("Find the sum of 3 and 4 primes.", "Find the product of 3 and 4 primes.", False),
    ],
)  # fmt: skip
def test_content_is_what_is_asked_in_other_small_words(left, right, same):
    one, other = Wording.of(left).content, Wording.of(right).content
    assert one
    assert (one == other) is same


FIRST = "Ann has 12 pens and 3 red caps, which she carries to school in a bag every morning."
SECOND = "Bob has 7 more pens than Ann, and keeps them under the desk that stands by the window."
STORY = f"{FIRST} {SECOND}"
ASKED = "How many pens has Bob in his box?"


@pytest.mark.parametrize(
    ("text", "repeated"),
    [
        (f"{STORY} {ASKED}", True),
        (f"{SECOND} {FIRST} {ASKED}", True),
        (f"{STORY} {ASKED}".replace("pens", "nuts"), True),
        (f"{STORY} {ASKED}".replace("12", "twelve"), True),
        (f"{STORY} {ASKED}".replace("7", "8"), False),
        (f"{STORY} Which colour do their caps have?", False),
        (f"Of 12 birds 3 are owls and 7 more are ravens. {ASKED}", False),
    ],
)
def test_a_story_is_repeated_with_its_quantities_and_its_question(text, repeated):
    assert Wording.of(text).repeats(Wording.of(f"{STORY} {ASKED}")) is repeated


@pytest.mark.parametrize("text", ["", "What is it?", "Who wrote Hamlet the play?", "What is 7?"])
def test_too_little_content_has_no_key(text):
    assert Wording.of(text).content == ""


@given(st.text(), st.text(), st.text())
def test_a_specific_question_is_held_by_what_is_around_it(before, text, after):
    question = Wording.of(text)
    held = Wording.of(f"{before}\n{text}\n{after}").holds(question)
    alone = Wording.of(f"\n{text}\n").tokens == question.tokens
    assert held or not question.is_specific or not alone
