"""Arithmetic in words: looking for cues first changes nothing but the time it takes."""

from hypothesis import given
from hypothesis import strategies as st

from reasoning_rewards.equations.spoken import CUES, cues_in, with_operators
from reasoning_rewards.equations.vocabulary import words_of

PIECES = [
    "24", "3 ", " times ", " plus ", " is ", " of ", "20%", "1/2", "half", "twice ", "the sum of ",
    "3 and 4", "'twice ", "percent's", " percent", " squared", "'", " = ", "* 4", "\n", ". ", "72",
    " will be ", "about 5", " leaves ", "subtract 3 from ", "Total", " for a total of ", "by ",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_cues_only_save_time(text: str) -> None:
    cues = cues_in(text, frozenset(words_of(text)))
    assert with_operators(text, cues) == with_operators(text, CUES)


def test_a_text_without_cues_is_left_alone() -> None:
    assert not cues_in("24 * 3 = 72 pens", frozenset(words_of("24 * 3 = 72 pens")))
    assert with_operators("24 times 3 is 72") == "24 * 3 = 72"
    # A quotation mark clings to the word.
    assert with_operators("'twice 4 = 8'", cues_in("'twice 4 = 8'", frozenset())) == "'2 * 4 = 8'"
