import pickle

import pytest

from reasoning_rewards import (
    REASONING_ANSWER,
    THINK_ANSWER,
    THINK_BOXED,
    CompositeReward,
    RewardError,
    Schema,
    TraceStatus,
    parse,
    render,
)
from reasoning_rewards.completions.schemas import schema_named

SCHEMAS = [REASONING_ANSWER, THINK_ANSWER, THINK_BOXED, Schema("thought", "final")]


def test_schemas_are_values() -> None:
    assert Schema() == REASONING_ANSWER != THINK_ANSWER
    assert len({Schema("think", "answer"), THINK_ANSWER}) == 1
    assert pickle.loads(pickle.dumps(THINK_BOXED)) == THINK_BOXED


@pytest.mark.parametrize("name", ["", " think", "<think>", "1st", "a b", "a|b", "ä", "a" * 41])
def test_a_tag_has_a_plain_name(name: str) -> None:
    with pytest.raises(RewardError, match="a tag's name is"):
        Schema(name, "answer")
    with pytest.raises(RewardError, match="a tag's name is"):
        Schema("think", name)


@pytest.mark.parametrize("answer", ["think", "Think"])
def test_one_name_for_both_is_refused(answer: str) -> None:
    with pytest.raises(RewardError, match="need two names"):
        Schema("think", answer)


def test_names_on_the_command_line() -> None:
    assert schema_named("think-boxed") == THINK_BOXED
    assert schema_named("think-answer") == THINK_ANSWER
    assert schema_named("reasoning-answer") == REASONING_ANSWER
    assert schema_named("thought, final") == Schema("thought", "final")
    with pytest.raises(RewardError, match="no schema 'boxed'; there are reasoning-answer"):
        schema_named("boxed")


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_name_that_begins_with_another(schema: Schema) -> None:
    longer = Schema(schema.reasoning, schema.reasoning + "-end")
    trace = parse(render("a", "42", schema=longer), schema=longer)
    assert (trace.status, trace.reasoning, trace.answer) == (TraceStatus.WELL_FORMED, "a", "42")
    assert parse("<answer>1</answer>", schema=Schema("answer-steps", "answer")).answer == "1"


@pytest.mark.parametrize("schema", SCHEMAS)
def test_one_reward_in_every_schema(schema: Schema) -> None:
    prompt = "A box holds 6 pens. How many are in 7 boxes?"
    reward = CompositeReward(schema=schema)
    completion = render("6 pens * 7 boxes = 42 pens.", "42", schema=schema)
    default = CompositeReward().score(render("6 pens * 7 boxes = 42 pens.", "42"), "42", prompt)
    assert reward.score(completion, "42", prompt) == default
    rest = completion.removeprefix(schema.reasoning_open)
    assert reward.score(rest, "42", prompt).status is TraceStatus.UNOPENED_REASONING
    prefilled = reward.score(rest, "42", prompt + "\n" + schema.reasoning_open + "\n")
    assert prefilled.status is TraceStatus.WELL_FORMED
