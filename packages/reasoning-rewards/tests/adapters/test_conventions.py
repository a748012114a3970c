"""Each library's signature as its documentation writes it, on the honest case and on hacks."""

import asyncio
import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from reasoning_rewards import RewardError, final_answer, render
from reasoning_rewards.adapters.conventions import FunctionReward
from reasoning_rewards.adapters.loading import as_batch_reward

PROMPT = "A box holds 6 pens. How many pens are in 7 boxes?"
RIGHT, WRONG = render("6 * 7 = 42.", "42"), render("6 * 7 = 41.", "41")


def right(text: str, gold: str) -> float:
    return float(final_answer(text) == gold)


def tunix(prompts: list[str], completions: list[str], **kwargs: Any) -> list[float]:
    assert len(prompts) == len(kwargs["trajectory_ids"])
    return [right(c, g) for c, g in zip(completions, kwargs["answer"], strict=True)]


def trl_plain(completions: list[str], ground_truth: list[str], **kwargs: Any) -> list[float]:
    return [right(c, g) for c, g in zip(completions, ground_truth, strict=True)]


def trl_conversational(
    prompts: list[Any], completions: list[Any], answer: list[str], **kwargs: Any
) -> list[float]:
    assert prompts[0][-1]["content"] == PROMPT
    contents = [completion[0]["content"] for completion in completions]
    return [right(c, g) for c, g in zip(contents, answer, strict=True)]


async def trl_async(
    prompts: list[str], completions: list[str], answer: list[str], **kwargs: Any
) -> list[float | None]:
    await asyncio.sleep(0)
    return [right(c, g) or None for c, g in zip(completions, answer, strict=True)]


def trl_with_all_arguments(
    prompts: list[str],
    completions: list[str],
    completion_ids: list[list[int]],
    solution: list[str],
    trainer_state: Any,
    log_extra: Callable[..., None],
    log_metric: Callable[..., None],
) -> list[float]:
    log_extra("solution", solution)
    log_metric("length", float(len(completion_ids[0])))
    return [right(c, g) for c, g in zip(completions, solution, strict=True)]


def trl_that_swallows(completions: list[Any], answer: list[str], **kwargs: Any) -> list[float]:
    """As many are written: with strings it does not fail, it pays nothing."""
    values = []
    for completion, gold in zip(completions, answer, strict=True):
        try:
            values.append(right(completion[0]["content"], gold))
        except Exception:
            values.append(0.0)
    return values


def verl(data_source: str, solution_str: str, ground_truth: str, extra_info: Any = None) -> float:
    assert data_source
    assert isinstance(extra_info, dict)
    return right(solution_str, ground_truth)


def verl_of_three(data_source: str, solution_str: str, ground_truth: str) -> dict[str, Any]:
    return {"score": right(solution_str, ground_truth), "pred": final_answer(solution_str)}


def verl_with_more(
    data_source: str, solution_str: str, ground_truth: str, extra_info: Any, **kwargs: Any
) -> bool:
    return bool(right(solution_str, ground_truth))


def verl_batch(
    data_sources: list[str], solution_strs: list[str], ground_truths: list[str], extra_infos: Any
) -> list[dict[str, float]]:
    return [{"score": right(c, g)} for c, g in zip(solution_strs, ground_truths, strict=True)]


async def verl_async(
    data_source: str, solution_str: str, ground_truth: str, extra_info: Any
) -> dict[str, float]:
    return {"score": right(solution_str, ground_truth)}


def verifiers(completion: Any, answer: str, **kwargs: Any) -> float:
    return right(completion[-1]["content"], answer)


async def verifiers_async(prompt: Any, completion: Any, answer: str, state: Any) -> float:
    assert state["prompt"] == prompt
    return right("".join(message["content"] for message in completion), answer)


def verifiers_group(completions: list[Any], answers: list[str], states: list[Any]) -> list[float]:
    return [right(c[-1]["content"], g) for c, g in zip(completions, answers, strict=True)]


def of_training(completion: str, gold: str, prompt: str) -> float:
    return right(completion, gold)


def of_training_by_other_names(text: str, target_text: str, question: str) -> float:
    assert question == PROMPT
    return right(text, target_text)


class Instance:
    def __call__(self, completions: list[str], gold: list[str], **columns: Any) -> list[float]:
        return trl_plain(completions, gold)


@pytest.mark.parametrize(
    "function",
    [
        tunix, trl_plain, trl_conversational, trl_async, trl_with_all_arguments, trl_that_swallows,
        verl, verl_of_three, verl_with_more, verl_batch, verl_async,
        verifiers, verifiers_async, verifiers_group,
        of_training, of_training_by_other_names,
        Instance(), functools.partial(tunix, weight=2),
    ],
    ids=lambda function: getattr(function, "__name__", type(function).__name__),
)  # fmt: skip
def test_a_signature_is_called_as_its_library_does(function: Callable[..., Any]) -> None:
    reward = FunctionReward(function)
    assert reward([PROMPT], [RIGHT], ["42"]) == [1.0]
    assert reward([PROMPT], [WRONG], ["42"]) == [0.0]
    assert reward([PROMPT] * 3, [RIGHT, WRONG, RIGHT], ["42"] * 3) == [1.0, 0.0, 1.0]


def test_a_coroutine_is_awaited_within_a_running_loop() -> None:
    async def in_a_notebook() -> list[float]:
        return FunctionReward(trl_async)([PROMPT], [RIGHT], ["42"])

    assert asyncio.run(in_a_notebook()) == [1.0]


def test_a_gold_column_of_another_name() -> None:
    def function(prompts: list[str], completions: list[str], final: list[str]) -> list[float]:
        return [right(c, g) for c, g in zip(completions, final, strict=True)]

    with pytest.raises(RewardError, match=r"\(prompts, completions, final\).*--gold-column"):
        FunctionReward(function)
    assert as_batch_reward([function], "final")([PROMPT], [RIGHT], ["42"]) == [1.0]

    def of_a_row(completion: str, final: str) -> float:
        return right(completion, final)

    assert as_batch_reward(of_a_row, "final")([PROMPT], [RIGHT], ["42"]) == [1.0]


def test_a_rubric_of_verifiers_is_a_weighted_sum() -> None:
    class Parser:
        def parse_answer(self, completion: Any) -> str | None:
            return final_answer(completion[-1]["content"])

    def correct(completion: Any, answer: str, parser: Parser, **kwargs: Any) -> float:
        return float(parser.parse_answer(completion) == answer)

    def always(**kwargs: Any) -> float:
        return 1.0

    rubric = SimpleNamespace(
        funcs=[correct, always], weights=[0.75, 0.25], class_objects={"parser": Parser()}
    )
    reward = as_batch_reward(rubric)
    assert reward([PROMPT], [RIGHT], ["42"]) == [1.0]
    assert reward([PROMPT], [WRONG], ["42"]) == [0.25]


def test_the_first_exception_is_the_one_that_is_raised() -> None:
    def function(completions: list[str], **columns: Any) -> list[float]:
        raise ZeroDivisionError(type(completions[0]).__name__)

    with pytest.raises(ZeroDivisionError, match="str"):
        FunctionReward(function)([PROMPT], [RIGHT], ["42"])


@pytest.mark.parametrize("returned", [1.0, None, [1.0, 2.0], [[1.0]]])
def test_what_is_no_list_of_rewards_is_named(returned: Any) -> None:
    def function(prompts: list[str], completions: list[str]) -> Any:
        return returned

    with pytest.raises(RewardError):
        FunctionReward(function)([PROMPT], [RIGHT], ["42"])


@pytest.mark.parametrize("function", [lambda: 1.0, lambda a, b: 1.0, lambda a, b, c, d: 1.0])
def test_other_signatures_are_refused(function: Callable[..., Any]) -> None:
    with pytest.raises(RewardError, match="verifiers"):
        FunctionReward(function)


def test_an_empty_list_is_no_reward() -> None:
    with pytest.raises(RewardError, match="at least one"):
        as_batch_reward([])
