"""The composite reward in the calling conventions of Tunix and of TRL, without importing either.

Both libraries sum a list of functions; the weights are inside the functions here, so that the sum
is the composite total. Each function has a `__name__` for the libraries' logs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

from reasoning_rewards.columns.conversations import completion_text, prompt_text
from reasoning_rewards.columns.golds import read_golds
from reasoning_rewards.columns.scalars import shown
from reasoning_rewards.completions.schemas import Schema
from reasoning_rewards.errors import RewardError
from reasoning_rewards.reward import CompositeReward, Score

COMPONENTS = ("correctness", "structure", "confidence")

TunixReward = Callable[..., list[float]]
TrlReward = Callable[..., list[float | None]]

_Row = tuple[Any, Any, Any]
"""A prompt, a completion and a gold answer, as the library gives them."""


def tunix_rewards(
    reward: CompositeReward | None = None,
    gold_column: str = "gold",
    schema: Schema | None = None,
) -> list[TunixReward]:
    """Three reward functions for `GRPOLearner(reward_fns=…)`, one per component.

    Each is called with `prompts, completions` and the dataset's columns by keyword, and returns one
    finite float per completion: the weighted component. Golds are of the kinds of `read_golds`.
    `schema` is short for a `CompositeReward` with this schema, where no reward is given.

    Raises:
        RewardError: Both a reward and a schema are given.
        RewardError: (the functions) There is no such column, the columns have different lengths, or
            a row holds something else than a text and a gold; the message says which.
    """
    scorer = _BatchScorer(_composite(reward, schema))

    def make(component: str) -> TunixReward:
        def function(
            prompts: Iterable[Any], completions: Iterable[Any], **columns: Any
        ) -> list[float]:
            rows = _rows(prompts, completions, _column(columns, gold_column))
            return [scorer.weighted(score, component) for score in scorer.score(rows)]

        return _named(function, f"{component}_reward")

    return [make(component) for component in COMPONENTS]


def trl_rewards(
    reward: CompositeReward | None = None,
    gold_column: str = "gold",
    schema: Schema | None = None,
) -> list[TrlReward]:
    """Three reward functions for TRL's `GRPOTrainer(reward_funcs=…)`, one per component.

    Prompts and completions may be strings or conversations (lists of messages with `role` and
    `content`); a row whose gold is `None` gets `None`, which TRL leaves out. Golds are of the kinds
    of `read_golds`. `schema` is as in `tunix_rewards`.

    Raises:
        RewardError: As `tunix_rewards`.
        RewardError: (the functions) As those of `tunix_rewards`.
    """
    scorer = _BatchScorer(_composite(reward, schema))

    def make(component: str) -> TrlReward:
        def function(
            prompts: Iterable[Any], completions: Iterable[Any], **columns: Any
        ) -> list[float | None]:
            rows = _rows(prompts, completions, _column(columns, gold_column))
            scores = iter(scorer.score([row for row in rows if row[2] is not None]))
            return [
                None if gold is None else scorer.weighted(next(scores), component)
                for _, _, gold in rows
            ]

        return _named(function, f"{component}_reward")

    return [make(component) for component in COMPONENTS]


def _composite(reward: CompositeReward | None, schema: Schema | None) -> CompositeReward:
    if reward is not None and schema is not None:
        raise RewardError("give the schema to the reward: CompositeReward(…, schema=…)")
    if reward is None:
        return CompositeReward() if schema is None else CompositeReward(schema=schema)
    return reward


class _BatchScorer:
    """Scores a batch once for the three functions that are called with it one after another."""

    def __init__(self, reward: CompositeReward) -> None:
        self._reward = reward
        self._last: tuple[object, list[Score]] | None = None

    def score(self, rows: Sequence[_Row]) -> list[Score]:
        schema = self._reward.schema
        texts = [_texts(row, number, schema) for number, row in enumerate(rows, start=1)]
        if self._last is not None and self._last[0] == texts:
            return self._last[1]
        prompts, completions, golds = zip(*texts, strict=True) if texts else ((), (), ())
        scores = self._reward.score_batch(completions, golds, prompts)
        self._last = (texts, scores)
        return scores

    def weighted(self, score: Score, component: str) -> float:
        value: float = getattr(self._reward.weights, component) * getattr(score, component)
        if not isfinite(value):
            raise RewardError(f"the {component} of a completion is not finite: {value!r}")
        return value


def _column(columns: dict[str, Any], name: str) -> Any:
    if name not in columns:
        known = ", ".join(sorted(columns)) or "none"
        raise RewardError(
            f"no column {name!r} with the gold answers (columns: {known}); pass gold_column=…"
        )
    return columns[name]


def _rows(prompts: Any, completions: Any, golds: Any) -> list[_Row]:
    """The columns row by row; an array of no dimensions or a text is no column."""
    columns = {"prompts": prompts, "completions": completions, "golds": golds}
    lists = []
    for name, column in columns.items():
        if isinstance(column, str | bytes | Mapping) or getattr(column, "ndim", 1) == 0:
            raise RewardError(f"{name} must hold a value for each completion, not {shown(column)}")
        try:
            lists.append(list(column))
        except TypeError:
            raise RewardError(
                f"{name} must hold a value for each completion, not {shown(column)}"
            ) from None
    if len({len(values) for values in lists}) > 1:
        raise RewardError(
            "prompts, completions and golds must be of one length, not "
            f"{len(lists[0])}, {len(lists[1])} and {len(lists[2])}"
        )
    return list(zip(*lists, strict=True))


def _texts(row: _Row, number: int, schema: Schema) -> tuple[str, str, tuple[str, ...]]:
    prompt, completion, gold = row
    try:
        return prompt_text(prompt), completion_text(completion, schema), read_golds(gold)
    except RewardError as error:
        raise RewardError(f"row {number} of the batch: {error}") from error


def _named(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = name
    return function
