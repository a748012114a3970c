from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from reasoning_rewards import same_answer
from reasoning_train.evaluation.pass_at_k import ks, majority, pass_at_k


@given(
    st.integers(1, 8).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n)))
)
def test_it_is_the_share_of_all_subsets_with_a_right_one(numbers: tuple[int, int, int]) -> None:
    n, correct, k = numbers
    outcomes = [True] * correct + [False] * (n - correct)
    subsets = list(combinations(outcomes, k))
    assert pass_at_k(n, correct, k) == pytest.approx(sum(map(any, subsets)) / len(subsets))


@pytest.mark.parametrize(("n", "correct", "k"), [(8, 3, 4), (64, 1, 16), (200, 17, 100), (5, 5, 1)])
def test_it_is_scipys_chance_of_a_right_one_among_k(n: int, correct: int, k: int) -> None:
    assert pass_at_k(n, correct, k) == pytest.approx(hypergeom(n, correct, k).sf(0))


def test_it_is_unbiased() -> None:
    p, n, k = 0.3, 5, 3
    expected = sum(
        p ** sum(o) * (1 - p) ** (n - sum(o)) * pass_at_k(n, sum(o), k)
        for o in product([0, 1], repeat=n)
    )
    assert expected == pytest.approx(1 - (1 - p) ** k)


def test_large_numbers_do_not_overflow() -> None:
    assert pass_at_k(100_000, 1, 1) == pytest.approx(1e-5)


@pytest.mark.parametrize(
    ("n", "correct", "k"), [(4, 2, 5), (4, 5, 1), (4, -1, 1), (0, 0, 1), (4, 2, 0)]
)
def test_impossible_numbers_are_refused(n: int, correct: int, k: int) -> None:
    with pytest.raises(ValueError, match=f"no pass@{k}"):
        pass_at_k(n, correct, k)


@pytest.mark.parametrize(
    ("answers", "credit"),
    [
        (["14", "14", "3"], 1.0),
        (["14", "3", "3"], 0.0),
        (["14", "14.0", "$14", "3", "3"], 1.0),  # equal answers are one, however they are written
        (["14", "3"], 0.5),
        (["3", "5", "14"], pytest.approx(1 / 3)),
        ([None, None, "14"], 1.0),
        ([None], 0.0),
        ([], 0.0),
    ],
)
def test_the_vote(answers: list[str | None], credit: float) -> None:
    assert majority(answers, "14", same_answer) == credit


@pytest.mark.parametrize(
    ("n", "found"), [(0, []), (1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8])]
)
def test_values_of_k(n: int, found: list[int]) -> None:
    assert ks(n) == found
