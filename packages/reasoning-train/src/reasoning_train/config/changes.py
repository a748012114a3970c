"""Which settings of a run may still change: those that nothing on disk was made with."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reasoning_train.config.schema import RunConfig

FREE: Final = ""
"""No stage's result depends on it."""

FREE_OF_JUDGE: Final = (
    "base_url", "api_key_env", "concurrency", "timeout_s", "request_timeout_s", "retries", "cache",
    "price_in", "price_out", "max_calls", "max_cost", "rows",
)  # fmt: skip

FIRST_USE: Final[Mapping[str, str]] = {
    "seed": "data",
    "budget": FREE,
    "model": "data",
    "model.placement": FREE,
    "model.remat": FREE,
    "model.head_columns": FREE,
    "data": "data",
    "sft": "sft",
    "sft.save_every": FREE,
    "sft.max_skipped": FREE,
    "sft.after_skipped": FREE,
    "sampling": "sampling",
    "sampling.base_well_formed": "sft",
    "own_traces": "own-traces",
    "grpo": "grpo",
    "grpo.save_every": FREE,
    "grpo.micro_batch": FREE,
    "grpo.max_skipped": FREE,
    "grpo.after_skipped": FREE,
    "grpo.hopeless_steps": FREE,
    "grpo.after_hopeless": FREE,
    "validation": "grpo",
    "validation.problems": "data",
    "reward": "grpo",
    "reward.extra_timeout_s": FREE,
    "reward.max_left_out": FREE,
    **dict.fromkeys((f"reward.judge.{name}" for name in FREE_OF_JUDGE), FREE),
    "evaluation": FREE,
    "track": FREE,
}
"""Setting, or section, to the first stage whose result depends on it; the longest match counts."""


EXTENDS: Final[Mapping[str, str]] = {"sft.steps": "sft", "grpo.steps": "grpo"}
"""Setting to the stage that goes on, finished or not, when the setting grows."""


@dataclass(frozen=True, slots=True)
class Change:
    """A setting with two values.

    Attributes:
        key: Its dotted name.
        before: What the run has been using.
        after: What is asked for now.
    """

    key: str
    before: object
    after: object

    @property
    def first_use(self) -> str:
        """The first stage whose result depends on it; `FREE` if none does."""
        section = self.key.partition(".")[0]
        return FIRST_USE.get(self.key, FIRST_USE[section])

    @property
    def extends(self) -> str:
        """The stage that more steps make longer; empty for any other change."""
        if isinstance(self.before, int) and isinstance(self.after, int):
            return EXTENDS.get(self.key, "") if self.after > self.before else ""
        return ""

    def __str__(self) -> str:
        return f"{self.key} {_shown(self.before)} → {_shown(self.after)}"


def _shown(value: object) -> str:
    """A value in one line; of a text of several, such as a rubric, its length and digest."""
    if isinstance(value, str) and "\n" in value:
        digest = hashlib.sha256(value.encode()).hexdigest()[:8]
        return f"({value.count(chr(10))} lines, SHA-256 {digest}…)"
    return repr(value)


def changes(before: Mapping[str, Any], config: RunConfig) -> list[Change]:
    """Compare a run's recorded settings with a configuration.

    A setting that the record lacks had its default: the run is older than the setting.

    Raises:
        KeyError: The record has a setting that is unknown now.
    """
    recorded = dict(flat(before))
    wanted, defaults = dict(flat(config.model_dump())), dict(flat(RunConfig().model_dump()))
    unknown = recorded.keys() - wanted.keys()
    if unknown:
        raise KeyError(min(unknown))
    return [
        Change(key, old, value)
        for key, value in wanted.items()
        if (old := recorded.get(key, defaults[key])) != value
    ]


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every setting by its dotted name; sequences become tuples, so that JSON compares."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", tuple(value) if isinstance(value, list) else value
