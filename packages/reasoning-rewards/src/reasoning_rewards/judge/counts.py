"""What a judge was asked, what it cost, and what went wrong."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class JudgeCounts:
    """Totals since the judge was made, or since the counts that it was given began.

    Attributes:
        calls: Questions sent to the model, repeats of one question not counted.
        cached: Questions answered by the cache.
        retries: Requests that had to be sent again.
        prompt_tokens: Tokens sent, as the server counts them.
        completion_tokens: Tokens received.
        cost: In the currency of the prices.
        faults: How often each kind of failure left a question without a verdict.
    """

    calls: int = 0
    cached: int = 0
    retries: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        """Questions without a verdict."""
        return self.faults.total()

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as JSON holds them."""
        return {
            "calls": self.calls,
            "cached": self.cached,
            "retries": self.retries,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "cost": self.cost,
            "failed": self.failed,
            "faults": dict(self.faults),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "JudgeCounts":
        """Return the counts that `as_dict` gave; what is missing is 0."""
        return cls(
            calls=int(values.get("calls", 0)),
            cached=int(values.get("cached", 0)),
            retries=int(values.get("retries", 0)),
            prompt_tokens=int(values.get("prompt_tokens", 0)),
            completion_tokens=int(values.get("completion_tokens", 0)),
            cost=float(values.get("cost", 0.0)),
            faults=Counter(values.get("faults", {})),
        )
