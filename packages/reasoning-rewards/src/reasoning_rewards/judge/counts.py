"""What a judge was asked, what it cost, and what went wrong."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass
class CallCounts:
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
        """Return the counts as JSON holds them, with their sum of faults as `failed`."""
        return vars(self) | {"failed": self.failed, "faults": dict(self.faults)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "CallCounts":
        """Return the counts that `as_dict` gave; what is missing is 0."""
        known = {part.name: values[part.name] for part in fields(cls) if part.name in values}
        return cls(**known | {"faults": Counter(values.get("faults", {}))})
