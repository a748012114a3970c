"""Two rewards over one rollout file: flips, changes, and what carries the advantage."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from typing import Final

from reasoning_rewards.errors import RewardError
from reasoning_rewards.reward import Weights

COMPONENTS: Final = ("correctness", "structure", "confidence")


@dataclass(frozen=True, slots=True)
class ScoredRollout:
    """The components of one completion under one reward; `group` names its prompt."""

    group: str
    total: float
    correctness: float
    structure: float
    confidence: float


@dataclass(frozen=True, slots=True)
class ComponentChange:
    """Means of a component under both rewards, and on how many completions it differs."""

    name: str
    mean_a: float
    mean_b: float
    changed: int
    largest: float


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What changes between two rewards.

    Attributes:
        n: Completions.
        groups: Groups of completions for one prompt.
        flips: Rows whose correctness crosses one half, from 0.
        reordered: Groups whose best completion changes.
        changes: The total's and each component's means.
        carried_a: Each component's share of the groups' advantages under the first reward.
        carried_b: The same under the second.
    """

    n: int
    groups: int
    flips: tuple[int, ...]
    reordered: int
    changes: tuple[ComponentChange, ...]
    carried_a: dict[str, float]
    carried_b: dict[str, float]


def audit(
    a: Sequence[ScoredRollout],
    b: Sequence[ScoredRollout],
    weights_a: Weights,
    weights_b: Weights,
) -> AuditReport:
    """Compare two scorings `a[n]`, `b[n]` of the same rollouts.

    Raises:
        RewardError: the two have different lengths, or are empty.
    """
    if len(a) != len(b) or not a:
        raise RewardError(
            f"two scorings of the same rollouts are needed, got {len(a)} and {len(b)}"
        )
    return AuditReport(
        n=len(a),
        groups=len({rollout.group for rollout in a}),
        flips=tuple(
            n
            for n, (x, y) in enumerate(zip(a, b, strict=True))
            if (x.correctness >= 0.5) != (y.correctness >= 0.5)
        ),
        reordered=_reordered(a, b),
        changes=tuple(_change(name, a, b) for name in ("total", *COMPONENTS)),
        carried_a=advantage_shares(a, weights_a),
        carried_b=advantage_shares(b, weights_b),
    )


def _change(name: str, a: Sequence[ScoredRollout], b: Sequence[ScoredRollout]) -> ComponentChange:
    left = [float(getattr(rollout, name)) for rollout in a]
    right = [float(getattr(rollout, name)) for rollout in b]
    gaps = [abs(x - y) for x, y in zip(left, right, strict=True)]
    return ComponentChange(
        name=name,
        mean_a=fsum(left) / len(left),
        mean_b=fsum(right) / len(right),
        changed=sum(gap > 1e-9 for gap in gaps),
        largest=max(gaps),
    )


def advantage_shares(rollouts: Sequence[ScoredRollout], weights: Weights) -> dict[str, float]:
    """Return each component's share of the advantage, averaged over the groups that have any.

    A completion's advantage is A = Σ_c w_c (x_c - mean x_c). The share of component c in a group
    is Σ A · w_c (x_c - mean x_c) / Σ A²: the shares of a group sum to one.
    """
    shares: dict[str, list[float]] = {name: [] for name in COMPONENTS}
    for group in _by_group(rollouts).values():
        parts = {name: _centred(group, name, getattr(weights, name)) for name in COMPONENTS}
        advantages = [fsum(values) for values in zip(*parts.values(), strict=True)]
        square = fsum(advantage**2 for advantage in advantages)
        if square < 1e-12:
            continue
        for name, values in parts.items():
            inner = fsum(x * y for x, y in zip(advantages, values, strict=True))
            shares[name].append(inner / square)
    return {name: fsum(found) / len(found) if found else 0.0 for name, found in shares.items()}


def _centred(group: Sequence[ScoredRollout], name: str, weight: float) -> list[float]:
    values = [float(getattr(rollout, name)) for rollout in group]
    mean = fsum(values) / len(values)
    return [weight * (value - mean) for value in values]


def _by_group(rollouts: Sequence[ScoredRollout]) -> dict[str, list[ScoredRollout]]:
    groups: dict[str, list[ScoredRollout]] = defaultdict(list)
    for rollout in rollouts:
        groups[rollout.group].append(rollout)
    return groups


def _reordered(a: Sequence[ScoredRollout], b: Sequence[ScoredRollout]) -> int:
    rows: dict[str, list[int]] = defaultdict(list)
    for n, rollout in enumerate(a):
        rows[rollout.group].append(n)
    return sum(
        max(found, key=lambda n: a[n].total) != max(found, key=lambda n: b[n].total)
        for found in rows.values()
    )
