import pytest

from reasoning_rewards import RewardError, Weights
from reasoning_rewards.audit import ScoredRollout, advantage_shares, audit


def rollout(
    group: str, correctness: float, structure: float, confidence: float = 0.5
) -> ScoredRollout:
    weights = Weights()
    total = (
        weights.correctness * correctness
        + weights.structure * structure
        + weights.confidence * confidence
    )
    return ScoredRollout(group, total, correctness, structure, confidence)


def test_flips_and_changes() -> None:
    a = [rollout("p", 1, 0.5), rollout("p", 0, 0.5), rollout("q", 1, 1)]
    b = [rollout("p", 0, 0.5), rollout("p", 1, 0.5), rollout("q", 1, 1)]
    report = audit(a, b, Weights(), Weights())
    assert (report.n, report.groups, report.flips, report.reordered) == (3, 2, (0, 1), 1)
    changes = {change.name: change for change in report.changes}
    assert (changes["correctness"].changed, changes["structure"].changed) == (2, 0)
    assert changes["correctness"].largest == 1.0


def test_the_component_that_varies_carries_the_advantage() -> None:
    only_structure = [rollout("p", 1, 0.2), rollout("p", 1, 0.9)]
    assert advantage_shares(only_structure, Weights()) == pytest.approx(
        {"correctness": 0.0, "structure": 1.0, "confidence": 0.0}
    )
    both = [rollout("p", 0, 0.0), rollout("p", 1, 1.0)]
    shares = advantage_shares(both, Weights())
    # Advantages ±(.6 + .25)/2: the shares are in the ratio of the weights.
    assert shares["correctness"] == pytest.approx(0.6 / 0.85)
    assert sum(shares.values()) == pytest.approx(1.0)


def test_a_group_without_advantage_counts_for_nothing() -> None:
    assert set(advantage_shares([rollout("p", 1, 1)] * 3, Weights()).values()) == {0.0}


def test_scorings_must_match() -> None:
    with pytest.raises(RewardError):
        audit([rollout("p", 1, 1)], [], Weights(), Weights())
    with pytest.raises(RewardError):
        audit([], [], Weights(), Weights())
