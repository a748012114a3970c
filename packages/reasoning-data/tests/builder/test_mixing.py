import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_data import DataError
from reasoning_data.builder.mixing import mixture_order

SOURCES = st.lists(st.tuples(st.integers(0, 60), st.floats(0.001, 100)), min_size=1, max_size=4)


@given(SOURCES, st.integers(0, 2**32 - 1))
def test_every_row_comes_exactly_once_and_the_order_is_the_seeds(sources, seed):
    sizes, weights = zip(*sources, strict=True)
    order = mixture_order(sizes, weights, seed)
    assert sorted(order.tolist()) == list(range(sum(sizes)))
    assert order.tolist() == mixture_order(sizes, weights, seed).tolist()


def test_until_one_source_is_exhausted_the_shares_are_the_weights():
    order = mixture_order([9000, 90_000], [3, 1], seed=0)
    assert abs((order[:8000] < 9000).mean() - 0.75) < 0.02


def test_a_rest_of_small_weight_takes_no_longer():
    assert len(mixture_order([10, 300_000], [1.0, 1e-9], seed=0)) == 300_010


def test_a_sources_own_order_does_not_depend_on_the_others():
    small, large = (mixture_order([50, n], [1, 1], seed=4) for n in (10, 80))
    assert small[small < 50].tolist() == large[large < 50].tolist()


def test_another_seed_gives_another_order():
    first, second = (mixture_order([100, 100], [1, 1], seed) for seed in (0, 1))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("weights", [[1], [1, 0], [1, -1], [1, float("inf")], [1, float("nan")]])
def test_weights_that_make_no_sense_are_refused(weights):
    with pytest.raises(DataError):
        mixture_order([1, 2], weights, seed=0)
