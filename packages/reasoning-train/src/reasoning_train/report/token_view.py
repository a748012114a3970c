"""View of rollouts that shows the policy's probability of each token."""

from bisect import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reasoning_train.evaluation.wording import signed
from reasoning_train.run_dir.records import finite

SHADES = (-4.0, -2.0, -1.0, -0.3, -0.05)
"""Log-probabilities between two shades, in ascending order: probabilities .02 to .95."""
MOST_TOKENS = 400
"""Maximum number of tokens shown of a completion."""


@dataclass(frozen=True, slots=True)
class Token:
    """Token: its text, its shade from 0 (least probable) to 5 (unshaded), and a tooltip."""

    text: str
    shade: int
    told: str


@dataclass(frozen=True, slots=True)
class TokenRow:
    """Completion with its tokens.

    Attributes:
        title: Problem, reward and advantage.
        pushed: Direction in which GRPO's update changes the probabilities of its tokens: `up`,
            `down`, or `not at all`.
        tokens: The tokens that are shown.
        left_out: Number of tokens that are not shown.
    """

    title: str
    pushed: str
    tokens: tuple[Token, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class TokenView:
    """Completions of a step of GRPO."""

    step: int
    rows: tuple[TokenRow, ...]


def token_view(held: Mapping[str, Any]) -> TokenView | None:
    """Parse the content of `tokens.json`; None if there is nothing to show."""
    rollouts = held.get("rollouts")
    step = finite(held, "step")
    if not isinstance(rollouts, list) or step is None:
        return None
    rows = [row for found in rollouts if isinstance(found, dict) and (row := _row(found))]
    return TokenView(int(step), tuple(rows)) if rows else None


def _row(found: Mapping[str, Any]) -> TokenRow | None:
    texts, logps = found.get("tokens"), found.get("logps")
    total, advantage = finite(found, "total"), finite(found, "advantage")
    if not isinstance(texts, list) or not isinstance(logps, list) or len(texts) != len(logps):
        return None
    if total is None or advantage is None or not all(isinstance(x, int | float) for x in logps):
        return None
    tokens = [
        Token(str(text), bisect(SHADES, float(logp)), f"log-probability {logp:.2f}")
        for text, logp in zip(texts[:MOST_TOKENS], logps, strict=False)
    ]
    pushed = "up" if advantage > 0 else "down" if advantage < 0 else "not at all"
    return TokenRow(
        f"{found.get('id')}: reward {total:.3f}, advantage {signed(advantage)}",
        pushed,
        tuple(tokens),
        max(len(texts) - MOST_TOKENS, 0),
    )
