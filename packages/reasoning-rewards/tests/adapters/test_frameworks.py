import math
import warnings

import numpy as np
import pytest

from reasoning_rewards import THINK_BOXED, CompositeReward, RewardError, Weights, render
from reasoning_rewards.adapters.frameworks import trl_rewards, tunix_rewards

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


GSM8K = "6 * 7 = <<6*7=42>>42 pens.\n#### 42"


@pytest.mark.parametrize("make", [tunix_rewards, trl_rewards])
@pytest.mark.parametrize(
    "golds",
    [
        [GSM8K, GSM8K, GSM8K],
        [b"42", np.bytes_(b"42"), np.str_("42")],
        np.array(["42", "42", "42"]),
        np.array([b"42", b"42", b"42"]),
        np.array([[42], [42], [42]]),
        [["42"], ["40 pens", "42"], np.array(["42"])],
        [42, 42.0, np.float32(42)],
        np.array([GSM8K] * 3, dtype=object),
    ],
)
def test_golds_of_every_kind(make, golds) -> None:  # type: ignore[no-untyped-def]
    plain = make()[0](prompts=PROMPTS, completions=COMPLETIONS, gold=GOLDS)
    assert plain == [0.6, 0.0, 0.0]
    assert make()[0](prompts=PROMPTS, completions=COMPLETIONS, gold=golds) == plain


@pytest.mark.parametrize("make", [tunix_rewards, trl_rewards])
def test_bytes_are_prompts_and_completions_too(make) -> None:  # type: ignore[no-untyped-def]
    encoded = np.array([text.encode() for text in COMPLETIONS])
    prompts = [prompt.encode() for prompt in PROMPTS]
    for function in make():
        assert function(prompts=prompts, completions=encoded, gold=GOLDS) == function(
            prompts=PROMPTS, completions=COMPLETIONS, gold=GOLDS
        )


@pytest.mark.parametrize("make", [tunix_rewards, trl_rewards])
@pytest.mark.parametrize("gold", [{"text": "42"}, [["42"]], b"\xff", float("nan"), object()])
def test_another_gold_is_named_with_its_row(make, gold) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RewardError, match=r"^row 2 of the batch: "):
        make()[0](prompts=PROMPTS, completions=COMPLETIONS, gold=["42", gold, "42"])


def test_tunix_has_no_use_for_a_row_without_gold() -> None:
    with pytest.raises(RewardError, match=r"row 3 of the batch: .* not None"):
        tunix_rewards()[0](prompts=PROMPTS, completions=COMPLETIONS, gold=["42", "42", None])
    nothing = trl_rewards()[0](PROMPTS, COMPLETIONS, gold=[None] * 3)
    assert nothing == [None] * 3


@pytest.mark.parametrize("make", [tunix_rewards, trl_rewards])
@pytest.mark.parametrize(
    ("prompts", "completions", "golds"),
    [
        (PROMPTS, COMPLETIONS, GOLDS[:2]),
        (PROMPTS, COMPLETIONS, [*GOLDS, "42"]),
        (PROMPTS[:1], COMPLETIONS, GOLDS),
        (PROMPTS, COMPLETIONS[:2], [None, None, None]),
        (PROMPTS, COMPLETIONS, []),
    ],
)
def test_lengths_that_differ(make, prompts, completions, golds) -> None:  # type: ignore[no-untyped-def]
    lengths = f"{len(prompts)}, {len(completions)} and {len(golds)}"
    with pytest.raises(RewardError, match=rf"must be of one length, not {lengths}"):
        make()[0](prompts=prompts, completions=completions, gold=golds)


@pytest.mark.parametrize("make", [tunix_rewards, trl_rewards])
@pytest.mark.parametrize("column", ["421", b"421", 42, None, {"a": "42"}, np.array("42")])
def test_one_value_is_no_column(make, column) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RewardError, match="golds must hold a value for each completion"):
        make()[0](prompts=PROMPTS, completions=COMPLETIONS, gold=column)


@pytest.mark.parametrize("make", [tunix_rewards, trl_rewards])
def test_golds_that_cannot_be_read_are_said_once(make) -> None:  # type: ignore[no-untyped-def]
    functions = make()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for golds in (["", "?", ""], ["", "", ""]):
            for function in functions:
                function(prompts=PROMPTS, completions=COMPLETIONS, gold=golds)
    assert ["no gold answer can be read" in str(warning.message) for warning in caught] == [True]


def test_batches_are_not_mixed_up() -> None:
    correctness, structure, _ = tunix_rewards()
    first = correctness(prompts=PROMPTS, completions=COMPLETIONS, gold=GOLDS)
    second = correctness(prompts=PROMPTS, completions=COMPLETIONS, gold=["41", "41", "41"])
    assert (first, second) == ([0.6, 0.0, 0.0], [0.0, 0.6, 0.0])
    assert structure(prompts=PROMPTS, completions=COMPLETIONS, gold=GOLDS)[2] == 0.0


@pytest.mark.parametrize("make", [tunix_rewards, trl_rewards])
def test_another_schema(make) -> None:  # type: ignore[no-untyped-def]
    completions = [render("6*7=42.", answer, schema=THINK_BOXED) for answer in ("42", "41", "4")]
    default = [render("6*7=42.", answer) for answer in ("42", "41", "4")]
    parted = [
        [{"role": "assistant", "reasoning_content": "6*7=42.", "content": f"\\boxed{{{answer}}}"}]
        for answer in ("42", "41", "4")
    ]
    plain = [f(prompts=PROMPTS, completions=default, gold=GOLDS) for f in make()]
    assert plain[0] == [0.6, 0.0, 0.0]
    for functions in (make(schema=THINK_BOXED), make(CompositeReward(schema=THINK_BOXED))):
        for written in (completions, parted):
            columns = {"prompts": PROMPTS, "completions": written, "gold": GOLDS}
            assert [function(**columns) for function in functions] == plain
    assert make()[0](prompts=PROMPTS, completions=completions, gold=GOLDS) == [0.0] * 3
    with pytest.raises(RewardError, match="give the schema to the reward"):
        make(CompositeReward(), schema=THINK_BOXED)
