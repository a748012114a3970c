"""Any reward as a function of a batch: a `CompositeReward`, a function, or a list of them."""

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

from reasoning_rewards.adapters.conventions import BatchReward, FunctionReward
from reasoning_rewards.completions.schemas import Schema
from reasoning_rewards.errors import RewardError
from reasoning_rewards.reward import CompositeReward


def load_reward(spec: str) -> object:
    """Return what `package.module:name` or `path/to/file.py:name` names.

    Modules are looked for in the current directory, too.

    Raises:
        RewardError: The specification has no colon, or nothing of that name can be imported.
    """
    module_name, colon, attribute = spec.rpartition(":")
    if not (colon and module_name and attribute):
        raise RewardError(f"a reward is named as package.module:name, not {spec!r}")
    try:
        found: object = _import(module_name)
    except (Exception, SystemExit) as error:  # whatever the user's module raises
        raise RewardError(
            f"cannot import {module_name!r} for the reward {spec!r}: "
            f"{type(error).__name__}: {error}"
        ) from error
    for name in attribute.split("."):
        if not hasattr(found, name):
            raise RewardError(f"{module_name!r} has no {attribute!r}; check the name in {spec!r}")
        found = getattr(found, name)
    return found


def _import(name: str) -> ModuleType:
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    if not name.endswith(".py"):
        return importlib.import_module(name)
    path = Path(name).resolve()
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{name!r} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # as an import does, for dataclasses and pickles in it
    spec.loader.exec_module(module)
    return module


def as_composite(reward: object, schema: Schema | None = None) -> CompositeReward | None:
    """Return a `CompositeReward`, or what its class makes of a schema; `None` of anything else."""
    if isinstance(reward, type) and issubclass(reward, CompositeReward):
        return reward() if schema is None else reward(schema=schema)
    return reward if isinstance(reward, CompositeReward) else None


def as_batch_reward(reward: object, gold_column: str = "gold") -> BatchReward:
    """Return a function that gives the total of each completion, whatever the reward's signature.

    Args:
        reward: A `CompositeReward`, a function in one of the `conventions`, a list of such, or a
            Rubric of verifiers.
        gold_column: A further name under which functions get the gold answers.

    Raises:
        RewardError: It is nothing that can be called in a known convention.
    """
    if (composite := as_composite(reward)) is not None:
        return lambda prompts, completions, golds: [
            score.total for score in composite.score_batch(completions, golds, prompts)
        ]
    if isinstance(reward, list | tuple):
        return _weighted_sum([(as_batch_reward(member, gold_column), 1.0) for member in reward])
    functions, weights = getattr(reward, "funcs", None), getattr(reward, "weights", None)
    if isinstance(functions, list) and isinstance(weights, list):  # a Rubric of verifiers
        extras = getattr(reward, "class_objects", {})
        members = [FunctionReward(function, extras, gold_column) for function in functions]
        return _weighted_sum(list(zip(members, weights, strict=True)))
    if not callable(reward):
        raise RewardError(f"a reward must be a function or a CompositeReward, not {reward!r}")
    return FunctionReward(reward, gold_column=gold_column)


def _weighted_sum(members: list[tuple[BatchReward, float]]) -> BatchReward:
    if not members:
        raise RewardError("a reward must have at least one function, not an empty list")
    functions, weights = zip(*members, strict=True)
    return lambda prompts, completions, golds: [
        sum(weight * value for weight, value in zip(weights, values, strict=True))
        for values in zip(*(f(prompts, completions, golds) for f in functions), strict=True)
    ]
