import importlib.util

import pytest

from reasoning_data import DataError, Problem
from reasoning_data.sources.gym import gym_items

installed = importlib.util.find_spec("reasoning_gym") is not None


@pytest.mark.skipif(not installed, reason="needs the extra: reasoning-data[gym]")
def test_a_generator_gives_problems_from_a_seed():
    items = list(gym_items("chain_sum", 5, 3, "sums"))
    assert [item.problem.id for item in items] == [f"sums:{i}" for i in range(1, 6)]
    assert all(isinstance(item.problem, Problem) and item.problem.answer for item in items)
    assert items == list(gym_items("chain_sum", 5, 3, "sums"))
    assert items != list(gym_items("chain_sum", 5, 4, "sums"))


@pytest.mark.skipif(not installed, reason="needs the extra: reasoning-data[gym]")
def test_an_unknown_generator_says_so():
    with pytest.raises(DataError, match="no generator 'chain_sums'"):
        list(gym_items("chain_sums", 5, 3, "sums"))


@pytest.mark.skipif(installed, reason="the extra is installed")
def test_without_the_extra_it_says_what_to_install():
    with pytest.raises(DataError, match="pip install reasoning-gym"):
        list(gym_items("chain_sum", 5, 3, "sums"))
