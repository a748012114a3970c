import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_train.samples.pass_rates import PassRate
from reasoning_train.samples.pool import (
    LEAST_STRENGTH,
    MOST_STRENGTH,
    Pool,
    fitted_beta,
    pool_lines,
)

DRAWS = 8
RATES = st.lists(st.integers(0, DRAWS), min_size=1, max_size=40)
GROUPS = st.lists(st.tuples(st.integers(0, 39), st.integers(0, DRAWS)), max_size=30)


def pool(right: list[int], extremes: float = 0.1) -> Pool:
    """Problems named by their place, each solved so often in `DRAWS` draws."""
    rates = {str(place): PassRate(DRAWS, count) for place, count in enumerate(right)}
    return Pool(rates, generations=DRAWS, extremes=extremes)


def saw(some: Pool, groups: list[tuple[int, int]]) -> None:
    some.see((str(place), PassRate(DRAWS, right)) for place, right in groups)


@given(RATES, GROUPS, st.floats(0, 1))
def test_chances_are_a_distribution_in_which_extremes_have_their_share_at_most(
    right: list[int], groups: list[tuple[int, int]], extremes: float
) -> None:
    some = pool(right, extremes)
    saw(some, groups)
    chances = some.weights
    assert chances.sum() == pytest.approx(1)
    assert (chances >= 0).all()
    extreme = some.never | some.always
    if not extreme.all():
        assert chances[extreme].sum() <= extremes + 1e-9


def test_of_mixed_problems_the_most_uncertain_one_is_the_likeliest() -> None:
    some = pool([1, 2, 3, 4, 5, 6, 7] * 3)
    chances = some.weights[:7]
    np.testing.assert_allclose(chances, chances[::-1])
    assert sorted(chances[:4]) == chances[:4].tolist()
    spread = some.expected * (1 - some.expected)
    np.testing.assert_allclose(some.weights, spread / spread.sum())


def simulated(rates: np.ndarray) -> Pool:
    """A pool of problems with these chances, after `DRAWS` draws of each."""
    return pool(np.random.default_rng(0).binomial(DRAWS, rates).tolist(), extremes=0.05)


def flat_share(rates: np.ndarray, chances: np.ndarray) -> float:
    """Expected share of groups that are all right or all wrong, of problems drawn like that."""
    return float(chances @ (rates**DRAWS + (1 - rates) ** DRAWS))


@pytest.mark.parametrize(("a", "b"), [(0.3, 0.3), (0.4, 0.8), (0.8, 0.4)])
def test_of_problems_that_differ_the_pool_draws_half_as_many_without_variance(
    a: float, b: float
) -> None:
    rates = np.random.default_rng(1).beta(a, b, 2000)
    uniform = flat_share(rates, np.full(2000, 1 / 2000))
    assert flat_share(rates, simulated(rates).weights) < uniform / 2


@pytest.mark.parametrize("rate", [0.04, 0.5])
def test_where_problems_do_not_differ_a_lucky_draw_is_not_believed(rate: float) -> None:
    some = simulated(np.full(1000, rate))
    assert some.weights @ some.expected == pytest.approx(rate, abs=0.06)


@given(RATES)
def test_the_fitted_mean_is_that_of_the_draws_and_the_strength_is_bounded(right: list[int]) -> None:
    draws = np.full(len(right), DRAWS)
    mean, strength = fitted_beta(np.array(right), draws)
    assert mean == pytest.approx((sum(right) + 1) / (draws.sum() + 2))
    assert LEAST_STRENGTH - 1e-9 <= strength <= MOST_STRENGTH + 1e-9


def test_the_strength_of_a_known_distribution_is_found_again() -> None:
    rates = np.random.default_rng(2).beta(2.0, 6.0, 20_000)
    right = np.random.default_rng(3).binomial(DRAWS, rates)
    mean, strength = fitted_beta(right, np.full(len(rates), DRAWS))
    assert (mean, strength) == (pytest.approx(0.25, abs=0.01), pytest.approx(8, rel=0.1))


def test_problems_without_variance_get_a_tenth_of_the_draws() -> None:
    some = pool([0] * 60 + [DRAWS] * 30 + [4] * 10)
    assert some.weights[:90].sum() == pytest.approx(0.1)
    drawn = [name for index in range(200) for name in some.draw(10, (0, index))]
    assert 0.05 < np.mean([int(name) < 90 for name in drawn]) < 0.25  # no name twice in a draw


def test_a_policy_that_got_better_makes_hard_problems_worth_drawing() -> None:
    some = pool([0] * 50 + [4] * 20)
    before = some.weights[:50].sum()
    saw(some, [(place, DRAWS) for place in range(50, 70)])  # what it half knew it knows now
    assert some.ability > 0.5
    assert some.weights[:50].sum() > 3 * before
    assert some.always[50:].all()


def test_groups_as_expected_leave_the_ability_where_it_is() -> None:
    some = pool([4] * 40)
    saw(some, [(place, 4) for place in range(20)])
    assert some.ability == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose(some.weights, 1 / 40)


@given(st.floats(-2, 2))
def test_the_ability_is_found_again_from_simulated_groups(shift: float) -> None:
    rng = np.random.default_rng(0)
    some = pool([1, 2, 3, 4, 5, 6, 7] * 40)
    easiness = np.log(some.expected / (1 - some.expected))
    truth = 1 / (1 + np.exp(-easiness - shift))
    for update in range(8):
        places = [int(name) for name in some.draw(32, (1, update))]
        saw(some, [(place, int(rng.binomial(DRAWS, truth[place]))) for place in places])
    assert some.ability == pytest.approx(shift, abs=0.6)


def test_a_draw_follows_from_its_numbers_and_has_no_problem_twice() -> None:
    some = pool([3] * 30)
    assert some.draw(20, (0, 1)) == pool([3] * 30).draw(20, (0, 1)) != some.draw(20, (0, 2))
    assert len(set(some.draw(30, (0, 1)))) == 30


def test_too_few_problems_are_drawn_more_than_once() -> None:
    assert len(pool([3] * 4).draw(10, (0,))) == 10
    assert set(pool([4, 4, 0, 0], extremes=0.0).draw(10, (0,))) == {"0", "1"}


def test_a_problem_can_always_come_back() -> None:
    some = pool([0, 4])
    for _ in range(20):
        saw(some, [(0, 0)])
    assert some.expected[0] > 0.001
    assert some.weights[0] > 0


def test_the_terminal_tells_the_shares_and_a_pool_without_mixed_problems() -> None:
    [line] = pool_lines(pool([0, 0, DRAWS, 4]), problems=9)
    assert line == (
        "pool: 4 problems (those sampled, of 9), 25.0% solved sometimes, 50.0% hardly ever, 25.0% "
        "nearly always; these two have 10.0% of the draws"
    )
    line, warning = pool_lines(pool([0, DRAWS]), problems=2)
    assert "of 2)" not in line
    assert "no problem of the pool is solved sometimes" in warning
    assert "--sft.steps" in warning
