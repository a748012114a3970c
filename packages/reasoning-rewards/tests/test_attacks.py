from typing import Any

import pytest

from reasoning_rewards import (
    THINK_ANSWER,
    THINK_BOXED,
    CompositeReward,
    RewardError,
    Schema,
    Weights,
    final_answer,
    parse,
)
from reasoning_rewards.adapters.frameworks import trl_rewards, tunix_rewards
from reasoning_rewards.adapters.loading import as_batch_reward, load_reward
from reasoning_rewards.attacks import probe, suite


def substring_reward(completions: list[str], gold: list[str]) -> list[float]:
    """The reward that everybody writes first."""
    return [float(g in c) for c, g in zip(completions, gold, strict=True)]


def raising_reward(prompts: list[str], completions: list[str], **columns: Any) -> list[float]:
    return [float(completion) for completion in completions]


def violated(reward: object) -> set[str]:
    return {result.case.name for result in probe(as_batch_reward(reward)) if result.problem}


@pytest.mark.parametrize("reward", [CompositeReward(), CompositeReward, tunix_rewards()])
def test_the_composite_reward_withstands(reward: object) -> None:
    assert violated(reward) == set()


def test_it_withstands_when_a_confidence_was_asked_for_and_when_none_counts() -> None:
    assert violated(CompositeReward(asked=True)) == set()
    silent = as_batch_reward(CompositeReward(Weights(0.7, 0.3, 0.0)))
    assert [r for r in probe(silent, suite(confidence=False)) if r.problem] == []
    hedged = {case.name for case in suite()} - {case.name for case in suite(confidence=False)}
    assert {r.case.name for r in probe(silent) if r.problem} == hedged


@pytest.mark.parametrize("schema", [THINK_ANSWER, THINK_BOXED, Schema("thought", "final")])
def test_it_withstands_in_every_schema(schema: Schema) -> None:
    cases = suite(schema)
    assert {parse(case.honest, schema=schema).well_formed for case in cases} == {True}
    reward = as_batch_reward(CompositeReward(schema=schema))
    assert [result for result in probe(reward, cases) if result.problem] == []


def test_trl_functions_are_probed_too() -> None:
    assert violated(trl_rewards()) == set()


def test_a_naive_reward_is_caught() -> None:
    assert {"answer list", "two answers", "bare answer without tags"} <= violated(substring_reward)
    assert "honest" not in violated(substring_reward)


def test_a_reward_of_answers_alone_pays_for_lazy_traces() -> None:
    def answers_alone(completions: list[str], gold: list[str]) -> list[float]:
        return [float(final_answer(c) == g) for c, g in zip(completions, gold, strict=True)]

    assert {"empty reasoning", "trivial equations", "false arithmetic"} <= violated(answers_alone)


def test_a_raising_reward_is_reported() -> None:
    results = probe(as_batch_reward(raising_reward))
    assert any(result.problem == "raised ValueError" for result in results)


@pytest.mark.parametrize("schema", [THINK_ANSWER, THINK_BOXED])
def test_case_names_are_unique(schema: Schema) -> None:
    names = [case.name for case in suite(schema)]
    assert len(set(names)) == len(names) > 50


@pytest.mark.parametrize("spec", ["", "module", "no.such:thing", "reasoning_rewards:nothing"])
def test_a_bad_name_is_named(spec: str) -> None:
    with pytest.raises(RewardError):
        load_reward(spec)


def test_what_is_no_reward_is_refused() -> None:
    with pytest.raises(RewardError, match="42"):
        as_batch_reward(42)
