import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_train.clock.budget import Clock
from reasoning_train.clock.learning_rate import FINAL_FRACTION, ClockRate


class FakeTime:
    """Clock that advances only when a test says so."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_the_rate_follows_the_time_not_the_steps() -> None:
    now = FakeTime()
    rate = ClockRate(1.0, 0, Clock(1000.0, now=now), begun=100.0, deadline=300.0)
    now.seconds = 100.0
    assert rate(1) == pytest.approx(1.0)
    now.seconds = 200.0
    assert rate(2) == pytest.approx((1 + FINAL_FRACTION) / 2)
    now.seconds = 300.0
    assert rate(50) == pytest.approx(FINAL_FRACTION)
    now.seconds = 900.0
    assert rate(51) == pytest.approx(FINAL_FRACTION)
    assert rate(2) == pytest.approx((1 + FINAL_FRACTION) / 2)  # asked again: the same


def test_warmup_counts_steps() -> None:
    rate = ClockRate(1.0, 4, Clock(1000.0, now=FakeTime()), begun=0.0, deadline=100.0)
    assert [rate(step) for step in (1, 2, 4, 5)] == pytest.approx([0.25, 0.5, 1.0, 1.0])


@given(st.lists(st.floats(0.01, 30.0), min_size=1, max_size=50))
def test_after_warmup_it_never_rises(durations: list[float]) -> None:
    now = FakeTime()
    rate = ClockRate(3e-4, 0, Clock(200.0, now=now), begun=0.0, deadline=100.0)
    rates = []
    for step, seconds in enumerate(durations, start=1):
        rates.append(rate(step))
        now.seconds += seconds
    assert rates == sorted(rates, reverse=True)
    assert all(3e-4 * FINAL_FRACTION <= r <= 3e-4 for r in rates)
