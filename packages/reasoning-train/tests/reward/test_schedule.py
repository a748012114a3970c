from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reasoning_rewards import CompositeReward, render
from reasoning_train.config.reward_schema import RewardSection
from reasoning_train.reward.schedule import FinalReward, RewardSchedule, described, user_rewards

SOURCE = """
def length(completion, gold, prompt):
    if "9" in completion:
        raise KeyError("nine")
    return len(completion)
"""
TEXT = render("1+1=2 pens.", "2")


def test_without_ends_the_weights_stay() -> None:
    schedule = RewardSchedule(RewardSection(), steps=10)
    for step in (1, 5, 10, 11):
        weights = schedule.weights_at(step)
        assert (weights.correctness, weights.structure, weights.confidence) == (0.60, 0.25, 0.15)


def test_silence_earns_nothing_for_confidence() -> None:
    sure = render("1+1=2 pens.\nConfidence: 0.95", "2")
    for reward in (RewardSchedule(RewardSection(), 10).at(1), FinalReward(RewardSection())):
        assert reward.score(TEXT, "2").confidence == 0.0
        assert reward.score(sure, "2").confidence == pytest.approx(0.9975)
    asked = RewardSchedule(RewardSection(), 10).at(1)
    assert described(asked) != described(CompositeReward())


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


def test_what_is_judged_by_is_what_the_last_step_of_training_pays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lengths_of_texts.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    section = RewardSection(structure_at_end=0.0, extra=("lengths_of_texts:length:0.01",))
    extra = user_rewards(section)
    reward = FinalReward(section, extra)
    try:
        last = RewardSchedule(section, 30).at(30).score(TEXT, "2")
        first = RewardSchedule(section, 30).at(1).score(TEXT, "2")
        found = reward.score(TEXT, "2")
        failed = reward.score(TEXT.replace("pens", "9 pens"), "2")
    finally:
        for function in extra:
            function.close()
    assert found.total == pytest.approx(last.total + 0.01 * len(TEXT))
    assert last.total != first.total
    assert (found.error, found.correctness) == ("", 1.0)
    assert failed.error == "lengths_of_texts:length KeyError: 'nine'"
    assert failed.total <= 1.0


def test_rewards_that_differ_are_described_differently() -> None:
    plain = FinalReward(RewardSection())
    assert described(plain) != described(FinalReward(RewardSection(structure_at_end=0.1)))
    assert described(plain) != described(CompositeReward())
    assert described(CompositeReward()) == described(CompositeReward())
