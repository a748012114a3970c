"""The calling conventions of reward functions: whose function it is, is read from its parameters.

- TRL, Tunix: by keyword, a batch: `prompts, completions` and the dataset's columns;
- verifiers: by keyword, one row: `prompt, completion, answer, state, info`; or a group, in plural;
- verl: by keyword, one row: `data_source, solution_str, ground_truth, extra_info`; or a batch;
- reasoning-train's `reward.extra`: by position, one row: `(completion, gold, prompt)`.

Texts are plain strings or conversations, and a function may be a coroutine. Where the parameters
leave a choice, the first call decides: the first convention that does not raise and pays something.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reasoning_rewards.errors import RewardError

# (prompts, completions, golds) -> totals
BatchReward = Callable[[Sequence[str], Sequence[str], Sequence[str]], list[float]]

GOLD_COLUMNS: Final = (
    "gold", "answer", "answers", "ground_truth", "solution", "target", "label",
)  # fmt: skip
"""The names under which datasets keep their gold answers."""

_ACCEPTED: Final = (
    "(prompts, completions, **columns) as in TRL and Tunix, (completion, answer, **info) as in "
    "verifiers, (data_source, solution_str, ground_truth, extra_info) as in verl, or "
    "(completion, gold, prompt)"
)


class FunctionReward:
    """Somebody's reward function as a `BatchReward`.

    Args:
        function: In any of the conventions of this module.
        extras: Further arguments by name, for functions that take them.
        gold_column: A further name for the gold answer.

    Raises:
        RewardError: The function's parameters fit no convention.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        extras: Mapping[str, Any] | None = None,
        gold_column: str = "gold",
    ) -> None:
        self._function = function
        self._extras = dict(extras or {})
        self._gold_column = gold_column
        self._chosen: _Convention | None = None
        self._candidates = _candidates(function, {*self._extras, gold_column})
        if not self._candidates:
            raise RewardError(
                f"{_name(function)} takes {_parameters(function)}, not {_ACCEPTED}; "
                "a gold answer under another name needs --gold-column"
            )

    def __call__(
        self, prompts: Sequence[str], completions: Sequence[str], golds: Sequence[str]
    ) -> list[float]:
        if self._chosen is not None:
            return self._call(self._chosen, prompts, completions, golds)
        return self._choose(prompts, completions, golds)

    def _choose(
        self, prompts: Sequence[str], completions: Sequence[str], golds: Sequence[str]
    ) -> list[float]:
        fault: Exception | None = None
        working: list[tuple[_Convention, list[float]]] = []
        for convention in self._candidates:
            try:
                values = self._call(convention, prompts, completions, golds)
            except Exception as error:  # somebody else's function may raise anything
                fault = fault or error
                continue
            working.append((convention, values))
            if any(value > 0 for value in values):  # others may have swallowed their exception
                break
        if not working:
            raise fault or RewardError(f"{_name(self._function)} was not called")
        paying = [found for found in working if any(value > 0 for value in found[1])]
        self._chosen, values = (paying or working)[0]
        return values

    def _call(
        self,
        convention: "_Convention",
        prompts: Sequence[str],
        completions: Sequence[str],
        golds: Sequence[str],
    ) -> list[float]:
        rows = [
            _row(*texts, messages=convention.messages)
            for texts in zip(prompts, completions, golds, strict=True)
        ]
        if convention.batch:
            values = _result(
                self._function(**self._accepted(_columns(rows), [row["gold"] for row in rows]))
            )
            return _numbers(values, len(rows))
        if convention.by_position:
            results = [self._function(r["completion"], r["gold"], r["prompt"]) for r in rows]
        else:
            results = [self._function(**self._accepted(row, row["gold"])) for row in rows]
        return [_number(_result(result)) for result in results]

    def _accepted(self, arguments: dict[str, Any], gold: Any) -> dict[str, Any]:
        """Those of the arguments that the function takes."""
        arguments = arguments | {self._gold_column: gold} | self._extras
        parameters = inspect.signature(self._function).parameters
        if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            return arguments
        return {name: value for name, value in arguments.items() if name in parameters}


@dataclass(frozen=True, slots=True)
class _Convention:
    batch: bool = False
    by_position: bool = False
    messages: bool = False


_KEYWORD: Final = (_Convention(), _Convention(messages=True))
_BATCH: Final = (_Convention(batch=True), _Convention(batch=True, messages=True))
_POSITIONAL: Final = (_Convention(by_position=True),)


def _candidates(function: Callable[..., Any], extras: set[str]) -> tuple[_Convention, ...]:
    """The conventions that a function's parameters allow, the likeliest first."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # written in C
        return _POSITIONAL
    parameters = signature.parameters.values()
    named = {p.name for p in parameters}
    required = {
        p.name
        for p in parameters
        if p.default is p.empty and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
    } - extras
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)
    row, columns = set(_row("", "", "")), set(_columns([]))
    found: tuple[_Convention, ...] = ()
    if required <= columns and (open_ended or named & _OF_BATCHES):
        found += _BATCH
    if required <= row and (open_ended or named & row):
        found += _KEYWORD
    if not found and not named & _OF_BATCHES and _binds(signature, 3):
        found = _POSITIONAL
    return found


def _binds(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True


def _row(prompt: str, completion: str, gold: str, messages: bool = False) -> dict[str, Any]:
    """All that a function of one row may ask for, by the names of verifiers, verl and ours."""
    said: Any = [{"role": "user", "content": prompt}] if messages else prompt
    written: Any = [{"role": "assistant", "content": completion}] if messages else completion
    state = {"prompt": said, "completion": written, "answer": gold, "info": {}, "task": "probe"}
    return state | {
        "state": state,
        "gold": gold,
        "data_source": "openai/gsm8k",
        "solution_str": completion,
        "ground_truth": gold,
        "extra_info": {
            "split": "test",
            "index": 0,
            "question": prompt,
            "answer": gold,
            "num_turns": None,
            "rollout_reward_scores": {},
        },
    }


_OF_BATCHES: Final = frozenset(
    "prompts completions completion_ids states infos tasks data_sources solution_strs".split()
)


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All that a function of a batch may ask for, by the names of TRL, Tunix, verifiers, verl."""
    golds = [row["gold"] for row in rows]
    names = ("prompt", "completion", "state", "info", "task", "data_source", "solution_str",
             "extra_info")  # fmt: skip
    columns: dict[str, Any] = {f"{name}s": [row[name] for row in rows] for name in names}
    columns |= {name: list(golds) for name in (*GOLD_COLUMNS, "ground_truths")}
    return columns | {
        "completion_ids": [list(row["solution_str"].encode()) for row in rows],
        "trajectory_ids": [str(n) for n in range(len(rows))],
        "mode": "train",
        "trainer_state": None,
        "log_extra": _ignore,
        "log_metric": _ignore,
    }


def _ignore(*_: Any) -> None:
    """TRL's `log_extra` and `log_metric`, with nobody to read the log."""


def _result(value: Any) -> Any:
    """What a function returned; of a coroutine, what it comes to."""
    if not inspect.isawaitable(value):
        return value
    import asyncio  # slow to import, and rarely needed

    async def wait() -> Any:
        return await value

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(wait())
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:  # a notebook has a loop already, in this thread
        return pool.submit(asyncio.run, wait()).result()


def _numbers(values: Any, expected: int) -> list[float]:
    try:
        numbers = [_number(value) for value in values]
    except TypeError as error:
        raise RewardError(f"a list of numbers is expected, not {values!r}") from error
    if len(numbers) != expected:
        raise RewardError(f"returned {len(numbers)} values for {expected} completions")
    return numbers


def _number(value: Any) -> float:
    """A value as a number: verl's may be in a dictionary, and TRL leaves `None` out of a sum."""
    if isinstance(value, Mapping):
        value = value["score"]
    return 0.0 if value is None else float(value)


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__qualname__", None) or repr(function))


def _parameters(function: Callable[..., Any]) -> str:
    return f"({', '.join(inspect.signature(function).parameters)})"
