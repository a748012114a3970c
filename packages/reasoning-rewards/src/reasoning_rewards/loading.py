"""Any reward as a function of a batch: a `CompositeReward`, a function, or a list of them."""

import importlib
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from reasoning_rewards.errors import RewardError
from reasoning_rewards.reward import CompositeReward

# (prompts, completions, golds) -> totals
BatchReward = Callable[[Sequence[str], Sequence[str], Sequence[str]], list[float]]

# The names under which datasets keep their gold answers.
GOLD_COLUMNS = ("gold", "answer", "answers", "ground_truth", "solution", "target", "label")


def load_reward(spec: str) -> object:
    """The object that `package.module:name` names; the current directory is looked in, too.

    Raises:
        RewardError: the specification has no colon, or nothing of that name can be imported.
    """
    module_name, colon, attribute = spec.partition(":")
    if not (colon and module_name and attribute):
        raise RewardError(f"a reward is named as package.module:name, not {spec!r}")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        found: object = importlib.import_module(module_name)
    except ImportError as error:
        raise RewardError(
            f"cannot import {module_name!r} for the reward {spec!r}: {error}"
        ) from error
    for name in attribute.split("."):
        if not hasattr(found, name):
            raise RewardError(f"{module_name!r} has no {attribute!r}; check the name in {spec!r}")
        found = getattr(found, name)
    return found


def as_batch_reward(reward: object) -> BatchReward:
    """A function that gives the total of each completion, whatever the reward's own signature."""
    if isinstance(reward, type) and issubclass(reward, CompositeReward):
        reward = reward()
    if isinstance(reward, CompositeReward):
        composite = reward
        return lambda prompts, completions, golds: [
            score.total for score in composite.score_batch(completions, golds, prompts)
        ]
    if isinstance(reward, list | tuple):
        functions = [as_batch_reward(member) for member in reward]
        return lambda prompts, completions, golds: [
            sum(values)
            for values in zip(*(f(prompts, completions, golds) for f in functions), strict=True)
        ]
    if not callable(reward):
        raise RewardError(f"a reward must be a function or a CompositeReward, not {reward!r}")
    return _keyword_reward(reward)


def _keyword_reward(function: Callable[..., Any]) -> BatchReward:
    parameters = inspect.signature(function).parameters
    takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())

    def call(
        prompts: Sequence[str], completions: Sequence[str], golds: Sequence[str]
    ) -> list[float]:
        columns: dict[str, Any] = {"prompts": list(prompts), "completions": list(completions)}
        columns |= {name: list(golds) for name in GOLD_COLUMNS}
        if not takes_any:
            columns = {name: value for name, value in columns.items() if name in parameters}
        values = function(**columns)
        # TRL leaves `None` out of a sum.
        return [0.0 if value is None else float(value) for value in values]

    return call
