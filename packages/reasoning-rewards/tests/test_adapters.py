import math

import pytest

from reasoning_rewards import CompositeReward, RewardError, Weights, render
from reasoning_rewards.adapters import trl_rewards, tunix_rewards

PROMPTS = ["A box holds 6 pens. How many pens are in 7 boxes?"] * 3
COMPLETIONS = [render("6*7=42.", "42"), render("6*7=41.", "41"), "nothing"]
GOLDS = ["42", "42", "42"]


class Column:
    """What a numpy array of strings is to a reward: something to iterate over."""

    def __init__(self, values: list[str]) -> None:
        self._values = values

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._values)


def test_tunix_functions_sum_to_the_total() -> None:
    functions = tunix_rewards()
    assert [f.__name__ for f in functions] == [
        "correctness_reward", "structure_reward", "confidence_reward"
    ]  # fmt: skip
    columns = {"gold": Column(GOLDS), "trajectory_ids": [0, 1, 2], "mode": "train"}
    values = [f(prompts=Column(PROMPTS), completions=COMPLETIONS, **columns) for f in functions]
    totals = [score.total for score in CompositeReward().score_batch(COMPLETIONS, GOLDS, PROMPTS)]
    assert [sum(parts) for parts in zip(*values, strict=True)] == pytest.approx(totals)
    assert all(isinstance(value, float) and math.isfinite(value) for row in values for value in row)


def test_weights_are_inside() -> None:
    only_structure = tunix_rewards(CompositeReward(Weights(0.0, 1.0, 0.0)))
    values = [f(prompts=PROMPTS, completions=COMPLETIONS, gold=GOLDS) for f in only_structure]
    assert values[0] == values[2] == [0.0, 0.0, 0.0]
    assert values[1][0] > 0.7


def test_trl_conversations_and_missing_golds() -> None:
    conversations = [[{"role": "assistant", "content": completion}] for completion in COMPLETIONS]
    prompts = [
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": prompt}]
        for prompt in PROMPTS
    ]
    plain = trl_rewards()[0](PROMPTS, COMPLETIONS, gold=GOLDS)
    assert trl_rewards()[0](prompts, conversations, gold=GOLDS, trainer_state=None) == plain
    assert plain == [0.6, 0.0, 0.0]
    some = trl_rewards(gold_column="answer")[0](PROMPTS, COMPLETIONS, answer=["42", None, 42])
    assert some == [0.6, None, 0.0]


@pytest.mark.parametrize("make", [tunix_rewards, trl_rewards])
def test_a_missing_gold_column_is_named(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RewardError, match=r"'gold'.*columns: solution"):
        make()[0](prompts=PROMPTS, completions=COMPLETIONS, solution=GOLDS)


def test_batches_are_not_mixed_up() -> None:
    correctness, structure, _ = tunix_rewards()
    first = correctness(prompts=PROMPTS, completions=COMPLETIONS, gold=GOLDS)
    second = correctness(prompts=PROMPTS, completions=COMPLETIONS, gold=["41", "41", "41"])
    assert (first, second) == ([0.6, 0.0, 0.0], [0.0, 0.6, 0.0])
    assert structure(prompts=PROMPTS, completions=COMPLETIONS, gold=GOLDS)[2] == 0.0
