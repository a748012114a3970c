import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_data.checks.hashed_words import HashedWords, quantities, words


def test_words_lose_punctuation_and_case():
    assert words("Tom's 1,200 apples — (half) of 3.5 ") == [
        "tom", "s", "1,200", "apples", "half", "of", "3.5",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tom has 12 apples", "Tom has 13 apples"),
        ("Tom has two apples", "Tom has three apples"),
        ("Is x > 1?", "Is x < 1?"),
        ("Solve x - 1 = 0", "Solve x + 1 = 0"),
        ("He has 3 more", "He has 3 fewer"),
        ("Is it so?", "Is it not so?"),
        ("What is (2 + 3) * 4?", "What is 2 + 3 * 4?"),
        ("What is $\\sqrt{9 + 7}$?", "What is $\\sqrt{9} + 7$?"),
    ],
)
def test_what_makes_another_problem_is_a_quantity(one, other):
    assert quantities(one) != quantities(other)


def test_names_and_things_are_no_quantities():
    assert quantities("Tom has 12 apples.") == quantities("Ann (who is tall) buys 12 pears!")


@given(st.lists(st.text("ab 1.", max_size=12), max_size=6), st.integers(1, 4))
def test_grams_are_those_of_each_text_alone(texts, n):
    found = HashedWords.of(texts).grams(n)
    for i, text in enumerate(texts):
        own = found.hashes[found.offsets[i] : found.offsets[i + 1]].tolist()
        tokens = words(text)
        size = min(n, len(tokens))
        windows = (
            [tuple(tokens[j : j + size]) for j in range(len(tokens) - size + 1)] if size else []
        )
        assert len(own) == len(windows)
        # Equal windows have equal hashes, different ones different hashes.
        assert len(set(zip(own, windows, strict=True))) == len(set(own)) == len(set(windows))
        assert own == HashedWords.of([text]).grams(n).hashes.tolist()
    assert found.texts().tolist() == [
        i for i in range(len(texts)) for _ in range(found.offsets[i + 1] - found.offsets[i])
    ]
