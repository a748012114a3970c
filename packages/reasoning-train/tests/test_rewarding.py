import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reasoning_train.config.schema import RewardSection
from reasoning_train.rewarding import RewardSchedule


def test_without_ends_the_weights_stay() -> None:
    schedule = RewardSchedule(RewardSection(), steps=10)
    for step in (1, 5, 10, 11):
        weights = schedule.weights_at(step)
        assert (weights.correctness, weights.structure, weights.confidence) == (0.60, 0.25, 0.15)


def test_weights_move_in_a_straight_line() -> None:
    schedule = RewardSchedule(RewardSection(structure_at_end=0.05), steps=11)
    assert schedule.weights_at(1).structure == pytest.approx(0.25)
    assert schedule.weights_at(6).structure == pytest.approx(0.15)
    assert schedule.weights_at(11).structure == pytest.approx(0.05)
    assert schedule.weights_at(11).correctness == pytest.approx(0.80)
    assert schedule.weights_at(50).structure == pytest.approx(0.05)


@given(st.floats(0, 0.5), st.floats(0, 0.5), st.integers(1, 50), st.integers(1, 60))
def test_weights_always_sum_to_one(
    structure: float, confidence: float, steps: int, step: int
) -> None:
    section = RewardSection(structure_at_end=structure, confidence_at_end=confidence)
    weights = RewardSchedule(section, steps).weights_at(step)
    total = weights.correctness + weights.structure + weights.confidence
    assert total == pytest.approx(1.0)
    assert RewardSchedule(section, steps).at(step)


def test_ends_over_one_are_refused() -> None:
    with pytest.raises(ValidationError, match="over 1"):
        RewardSection(structure_at_end=0.9)
