from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_train.loop.batching import endless_batches


@given(st.integers(1, 30), st.integers(1, 40), st.integers(0, 5))
def test_every_batch_is_full_and_every_item_comes_once_an_epoch(
    n: int, size: int, seed: int
) -> None:
    batches = list(islice(endless_batches(range(n), size, seed=seed), 20))
    assert all(len(batch) == size for batch in batches)
    drawn = [item for batch in batches for item in batch]
    for epoch in range(len(drawn) // n):
        assert sorted(drawn[epoch * n : (epoch + 1) * n]) == list(range(n))


def test_the_order_follows_from_the_seed() -> None:
    def first(seed: int) -> list[int]:
        return next(endless_batches(range(100), 50, seed=seed))

    assert first(1) == first(1) != first(2)


def test_epochs_differ_in_order() -> None:
    batches = endless_batches(range(50), 50, seed=0)
    assert next(batches) != next(batches)


def test_nothing_to_draw_from_is_an_error() -> None:
    with pytest.raises(ValueError, match="no items"):
        next(endless_batches([], 2, seed=0))
