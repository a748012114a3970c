from hypothesis import given
from hypothesis import strategies as st

from reasoning_train.samples.pass_rates import PassRate, pass_rates


def test_pass_rates_are_counted_for_each_problem() -> None:
    rows = [
        {"id": name, "correct": right} for name, right in zip("aabab", (1, 0, 1, 1, 1), strict=True)
    ]
    assert pass_rates(rows) == {"a": PassRate(3, 2), "b": PassRate(2, 2)}


@given(st.integers(1, 64), st.data())
def test_the_smoothed_rate_is_never_sure_and_grows_with_the_right_draws(draws: int, data) -> None:  # type: ignore[no-untyped-def]
    right = data.draw(st.integers(0, draws))
    rate = PassRate(draws, right)
    assert 0 < rate.smoothed < 1
    assert rate.smoothed + PassRate(draws, draws - right).smoothed == 1
    assert rate.mixed == (right not in (0, draws))
    if right:
        assert rate.smoothed > PassRate(draws, right - 1).smoothed
