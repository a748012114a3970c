import numpy as np
import pytest

from reasoning_data import Cleaning
from reasoning_data.checks.hashed_words import HashedWords
from reasoning_data.checks.near_duplicates import (
    band_shape,
    find_near_duplicates,
    similarity,
    sketch,
)


def sketches(questions, cleaning):
    return sketch(questions, HashedWords.of(questions), cleaning)


def twins(questions, cleaning, same=None):
    found = sketches(questions, cleaning)
    return find_near_duplicates(
        len(questions),
        lambda band: found.bands[:, band],
        lambda rows: found.signatures[rows],
        np.zeros(len(questions), dtype=np.uint64) if same is None else np.array(same, np.uint64),
        np.ones(len(questions), dtype=bool),
        cleaning,
    ).tolist()


def jaccard(one, other, n):
    def grams(text):
        tokens = text.split()
        return {tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)}

    return len(grams(one) & grams(other)) / len(grams(one) | grams(other))


def test_the_estimate_is_near_the_true_similarity():
    rng = np.random.default_rng(0)
    cleaning = Cleaning(permutations=512)
    for replaced in (0, 2, 5, 12):
        one = [f"w{i}" for i in rng.integers(0, 10_000, 60)]
        other = list(one)
        for i in rng.choice(60, replaced, replace=False):
            other[i] = f"new{i}"
        texts = [" ".join(one), " ".join(other)]
        signatures = sketches(texts, cleaning).signatures
        estimate = similarity(signatures[:1], signatures[1:])[0]
        # Four standard deviations of 512 draws.
        assert abs(estimate - jaccard(*texts, cleaning.shingle)) < 4 * 0.5 / 512**0.5


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.9, 1.0])
def test_bands_find_most_pairs_at_the_threshold(threshold):
    bands, rows = band_shape(threshold, 128)
    assert bands * rows <= 128
    assert 1 - (1 - threshold**rows) ** bands >= 0.97


def test_a_changed_word_is_found_and_the_first_row_is_named(problem):
    questions = [problem(i).question for i in range(30)]
    copy = questions[4].replace("How many in all?", "How many in total?")
    assert twins([*questions, copy], Cleaning()) == [-1] * 30 + [4]


def test_other_numbers_are_another_problem_unless_they_do_not_matter():
    story = "A baker sells {} loaves of fresh bread and {} sweet rolls each day to the town."
    pair = [story.format(12, 7), story.format(12, 8)]
    assert twins(pair, Cleaning()) == [-1, -1]
    loose = Cleaning(numbers_matter=False, near_threshold=0.5)
    assert twins(pair, loose) == [-1, 0]


def test_rows_of_another_gold_or_split_are_no_duplicates(problem):
    question = problem(1).question
    assert twins([question, question], Cleaning(), same=[1, 2]) == [-1, -1]


def test_a_group_whose_first_row_is_no_duplicate_still_yields_the_others():
    cleaning = Cleaning(permutations=16, near_threshold=0.7)
    signatures = np.zeros((3, 16), dtype=np.uint32)
    signatures[1:, 5:] = 1
    bands = np.zeros((3, band_shape(0.7, 16)[0]), dtype=np.uint64)
    found = find_near_duplicates(
        3,
        lambda band: bands[:, band],
        lambda rows: signatures[rows],
        np.zeros(3, dtype=np.uint64),
        np.ones(3, dtype=bool),
        cleaning,
    )
    assert found.tolist() == [-1, -1, 1]


def test_questions_without_words_are_alike_only_if_they_are_the_same():
    assert twins(["???", "!!!", "???"], Cleaning()) == [-1, -1, 0]


def test_signatures_are_pinned():
    """If this changes, a build's near duplicates may change with it."""
    found = sketches(["Tom has 12 apples and eats 3 of them."], Cleaning())
    assert found.signatures[0, :3].tolist() == PINNED


PINNED = [3665885598, 3400851795, 3307025036]
