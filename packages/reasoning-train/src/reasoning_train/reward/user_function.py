"""A user's own reward function, in a process of its own so that it cannot hurt a run."""

import importlib
import math
import multiprocessing
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import MappingProxyType

from reasoning_train.errors import UserError

Reward = Callable[[str, str, str], float]
"""`function(completion, gold, prompt)`."""

Own = Mapping[str, Reward]
"""Functions of this process that no other can import, by `module:function`."""

NONE: Own = MappingProxyType({})

FORM = "module:function:weight, such as my_rewards:brevity:0.1"


@dataclass(frozen=True, slots=True)
class RewardRow:
    """What the function is called with: `function(completion, gold, prompt) -> float`."""

    completion: str
    gold: str
    prompt: str


def offer(function: Reward, weight: float) -> tuple[str, Own]:
    """The text of a function in `reward.extra`, and the function itself if nobody can import it."""
    name = f"{function.__module__}:{function.__qualname__}"
    return f"{name}:{weight:g}", NONE if _importable(function) else {name: function}


def _importable(function: Reward) -> bool:
    """Whether a fresh process finds the very same function by its name."""
    if function.__module__ == "__main__" or "." in function.__qualname__:
        return False
    module = sys.modules.get(function.__module__)
    return getattr(module, function.__qualname__, None) is function


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row.

    Attributes:
        value: The function's value; None if there is none.
        fault: Why there is none; empty if there is one.
    """

    value: float | None
    fault: str = ""


class UserReward:
    """One function with its weight.

    Args:
        text: `module:function:weight`. The module is looked for as Python does, and in the folder
            that the command was run in.
        timeout_s: A row that takes longer is given up, and the process begun anew.
        own: Functions that are called in this process, without a time limit.

    Raises:
        UserError: The text is written otherwise, or there is no such function.
    """

    def __init__(self, text: str, timeout_s: float = 10.0, own: Own = NONE) -> None:
        parts = text.split(":")
        if len(parts) != 3:
            raise UserError(f"reward.extra {text!r} is not {FORM}")
        self.module, self.function, weight = parts
        try:
            self.weight = float(weight)
        except ValueError:
            raise UserError(f"reward.extra {text!r}: {weight!r} is no number; {FORM}") from None
        if not math.isfinite(self.weight):
            raise UserError(f"reward.extra {text!r}: the weight must be finite")
        self._timeout_s = timeout_s
        self._process: multiprocessing.process.BaseProcess | None = None
        self._own = own.get(self.name)
        if self._own is None:
            _load(self.module, self.function)

    @property
    def name(self) -> str:
        """`module:function`."""
        return f"{self.module}:{self.function}"

    def score(self, rows: Sequence[RewardRow]) -> list[Outcome]:
        """The outcome of every row, in order; a row that raises, hangs or returns no number has a
        fault instead of a value."""
        if self._own is not None:
            return [_outcome(self._own, row) for row in rows]
        outcomes: list[Outcome] = []
        while len(outcomes) < len(rows):
            self._begin()
            self._pipe.send(list(rows[len(outcomes) :]))
            outcomes += self._receive(len(rows) - len(outcomes))
        return outcomes

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()
            self._process = None

    def _begin(self) -> None:
        if self._process is not None:
            return
        # A fresh interpreter: a fork of one that runs JAX may hang in its threads.
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(other, self.module, self.function), daemon=True
        )
        self._process.start()
        other.close()
        self._pipe.recv()  # it is up: importing does not count as the first row's time

    def _receive(self, expected: int) -> list[Outcome]:
        """Outcomes up to the first row that hangs or kills the process, that row's included."""
        outcomes: list[Outcome] = []
        while len(outcomes) < expected:
            try:
                if self._pipe.poll(self._timeout_s):
                    outcomes.append(self._pipe.recv())
                    continue
                fault = f"took over {self._timeout_s:g} s"
            except (EOFError, ConnectionError):
                fault = "ended its process"
            self.close()
            return [*outcomes, Outcome(None, fault)]
        return outcomes


def _load(module: str, function: str) -> Callable[..., object]:
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        found = getattr(importlib.import_module(module), function)
    except Exception as error:  # whatever the user's module raises
        raise UserError(
            f"reward.extra: cannot load {module}:{function}: {type(error).__name__}: {error}"
        ) from error
    if not callable(found):
        raise UserError(f"reward.extra: {module}:{function} is not a function")
    return found  # type: ignore[no-any-return]


def _serve(pipe: Connection, module: str, function: str) -> None:
    reward = _load(module, function)
    pipe.send(None)
    while True:
        try:
            rows = pipe.recv()
        except EOFError:  # the run was killed
            return
        for row in rows:
            pipe.send(_outcome(reward, row))


def _outcome(reward: Callable[..., object], row: RewardRow) -> Outcome:
    # The one place where a failure is data: the text may be anything, and the function is foreign.
    try:
        value = float(reward(row.completion, row.gold, row.prompt))  # type: ignore[arg-type]
    except Exception as error:
        return Outcome(None, f"{type(error).__name__}: {error}"[:200])
    return Outcome(value) if math.isfinite(value) else Outcome(None, f"returned {value!r}")
