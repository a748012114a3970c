"""The composite reward in the calling conventions of Tunix and of TRL, without importing either.

Both libraries sum a list of functions; the weights are inside the functions here, so that the sum
is the composite total. Each function has a `__name__` for the libraries' logs.
"""

from collections.abc import Callable, Iterable, Sequence
from math import isfinite
from typing import Any

from reasoning_rewards.errors import RewardError
from reasoning_rewards.reward import CompositeReward, Score

COMPONENTS = ("correctness", "structure", "confidence")

TunixReward = Callable[..., list[float]]
TrlReward = Callable[..., list[float | None]]


def tunix_rewards(
    reward: CompositeReward | None = None, gold_column: str = "gold"
) -> list[TunixReward]:
    """Three reward functions for `GRPOLearner(reward_fns=…)`, one per component.

    Each is called with `prompts, completions` and the dataset's columns by keyword, and returns one
    finite float per completion: the weighted component.
    """
    scorer = _BatchScorer(reward or CompositeReward())

    def make(component: str) -> TunixReward:
        def function(
            prompts: Iterable[str], completions: Iterable[str], **columns: Any
        ) -> list[float]:
            golds = _column(columns, gold_column)
            scores = scorer.score(_texts(prompts), _texts(completions), _texts(golds))
            return [scorer.weighted(score, component) for score in scores]

        return _named(function, f"{component}_reward")

    return [make(component) for component in COMPONENTS]


def trl_rewards(
    reward: CompositeReward | None = None, gold_column: str = "gold"
) -> list[TrlReward]:
    """Three reward functions for TRL's `GRPOTrainer(reward_funcs=…)`, one per component.

    Prompts and completions may be strings or conversations (lists of messages with `role` and
    `content`); a row whose gold is `None` gets `None`, which TRL leaves out.
    """
    scorer = _BatchScorer(reward or CompositeReward())

    def make(component: str) -> TrlReward:
        def function(
            prompts: Sequence[Any], completions: Sequence[Any], **columns: Any
        ) -> list[float | None]:
            golds = list(_column(columns, gold_column))
            rows = [n for n, gold in enumerate(golds) if gold is not None]
            scores = scorer.score(
                [_prompt_text(prompts[n]) for n in rows],
                [_completion_text(completions[n]) for n in rows],
                [str(golds[n]) for n in rows],
            )
            values: list[float | None] = [None] * len(golds)
            for n, score in zip(rows, scores, strict=True):
                values[n] = scorer.weighted(score, component)
            return values

        return _named(function, f"{component}_reward")

    return [make(component) for component in COMPONENTS]


class _BatchScorer:
    """Scores a batch once for the three functions that are called with it one after another."""

    def __init__(self, reward: CompositeReward) -> None:
        self._reward = reward
        self._last: tuple[tuple[list[str], ...], list[Score]] | None = None

    def score(self, prompts: list[str], completions: list[str], golds: list[str]) -> list[Score]:
        key = (prompts, completions, golds)
        last = self._last
        if last is not None and last[0] == key:
            return last[1]
        scores = self._reward.score_batch(completions, golds, prompts)
        self._last = (key, scores)
        return scores

    def weighted(self, score: Score, component: str) -> float:
        value: float = getattr(self._reward.weights, component) * getattr(score, component)
        if not isfinite(value):
            raise RewardError(f"the {component} of a completion is not finite: {value!r}")
        return value


def _column(columns: dict[str, Any], name: str) -> Iterable[Any]:
    if name not in columns:
        known = ", ".join(sorted(columns)) or "none"
        raise RewardError(
            f"no column {name!r} with the gold answers (columns: {known}); pass gold_column=…"
        )
    column: Iterable[Any] = columns[name]
    return column


def _texts(values: Iterable[Any]) -> list[str]:
    return [str(value) for value in values]


def _prompt_text(prompt: Any) -> str:
    """The text of a prompt: itself, or what the user says last in a conversation."""
    if isinstance(prompt, str):
        return prompt
    said = [str(message["content"]) for message in prompt if message.get("role") == "user"]
    return said[-1] if said else ""


def _completion_text(completion: Any) -> str:
    """The text of a completion: itself, or all that the assistant says in it."""
    if isinstance(completion, str):
        return completion
    return "".join(
        str(message["content"])
        for message in completion
        if message.get("role", "assistant") == "assistant"
    )


def _named(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = name
    return function
