import math

from hypothesis import given
from hypothesis import strategies as st

from reasoning_train.plan.search import Doublings, largest_doubling


@given(
    fixed=st.integers(0, 100),
    a_row=st.integers(0, 50),
    usable=st.integers(0, 2000),
    limit=st.integers(0, 8),
)
def test_it_finds_what_trying_all_finds(fixed: int, a_row: int, usable: int, limit: int) -> None:
    def needed(doublings: int) -> float:
        return fixed + a_row * 2**doublings

    fits = [k for k in range(limit + 1) if needed(k) <= usable]
    expected = Doublings(len(fits) - 1, len(fits) if len(fits) <= limit else None)
    assert largest_doubling(needed, usable, limit) == expected


def test_a_straight_line_takes_four_questions() -> None:
    asked: list[int] = []

    def needed(doublings: int) -> float:
        asked.append(doublings)
        return 1.0 + 0.1 * 2**doublings

    assert largest_doubling(needed, 15.0, 10) == Doublings(7, 8)
    assert asked == [0, 1, 7, 8]


def test_what_nobody_knows_does_not_fit() -> None:
    def needed(doublings: int) -> float:
        return 1.0 if doublings < 3 else math.inf

    assert largest_doubling(needed, 2.0, 6) == Doublings(2, 3)
