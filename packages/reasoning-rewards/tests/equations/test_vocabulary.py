"""The words of a text."""

from hypothesis import given
from hypothesis import strategies as st

from reasoning_rewards.equations.vocabulary import words_of, words_of_each


def test_words_are_folded_and_without_punctuation() -> None:
    assert words_of("Ann's tea: 3 × $4.50 = (13.5)") == [
        "ann's", "tea", "3", "4", "50", "13", "5"
    ]  # fmt: skip


@given(st.lists(st.text(alphabet="aB1 .,='*×é", max_size=12), max_size=6))
def test_many_lines_give_the_words_of_each(lines: list[str]) -> None:
    assert words_of_each(lines) == [words_of(line) for line in lines]
