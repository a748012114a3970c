from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_rewards import THINK_BOXED, RewardError, parse, render
from reasoning_rewards.columns.conversations import completion_text, is_conversation, prompt_text

TEXT = render("6*7=42.", "42")


def assistant(content: Any, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **more}


@pytest.mark.parametrize(
    ("completion", "text"),
    [
        (TEXT, TEXT),
        (TEXT.encode(), TEXT),
        (np.str_(TEXT), TEXT),
        (np.array(TEXT.encode()), TEXT),
        ([assistant(TEXT)], TEXT),
        (assistant(TEXT), TEXT),
        ((assistant(TEXT),), TEXT),
        (np.array([assistant(TEXT)], dtype=object), TEXT),
        ([{"content": TEXT}], TEXT),
        ([assistant([{"type": "text", "text": TEXT}])], TEXT),
        ([assistant([{"type": "image"}, {"type": "text", "text": TEXT}, {"text": None}])], TEXT),
        ([assistant({"type": "text", "text": TEXT})], TEXT),
        ([assistant([TEXT[:9], TEXT[9:].encode()])], TEXT),
        ([assistant(np.array([{"type": "text", "text": TEXT}], dtype=object))], TEXT),
        ([assistant(TEXT.encode())], TEXT),
        ([assistant(None, tool_calls=[{}]), {"role": "tool", "content": "7"}, assistant(TEXT)],
         TEXT),
        ([{"role": "assistant", "tool_calls": []}, assistant(TEXT)], TEXT),
        ([assistant(None)], ""),
        ([{"role": "assistant"}], ""),
        ([assistant("")], ""),
        ([{"role": "user", "content": TEXT}], ""),
    ],
)  # fmt: skip
def test_completions_as_text(completion: object, text: str) -> None:
    assert completion_text(completion) == text


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning", "thinking"])
def test_reasoning_that_a_server_parted_is_put_back(name: str) -> None:
    parted = [assistant("<answer>42</answer>", **{name: " 6*7=42.\n"})]
    assert parse(completion_text(parted)) == parse(TEXT)
    tagged = [assistant("<answer>42</answer>", **{name: "<reasoning>6*7=42.</reasoning>"})]
    assert parse(completion_text(tagged)) == parse(TEXT)
    own = [assistant(TEXT, **{name: "So they ask for 6 times 7."})]
    assert completion_text(own) == TEXT
    for empty in (None, "", []):
        assert completion_text([assistant(TEXT, **{name: empty})]) == TEXT
    parts = [assistant("<answer>42</answer>", **{name: [{"type": "text", "text": "6*7=42."}]})]
    assert parse(completion_text(parts)) == parse(TEXT)


def test_reasoning_is_put_back_into_the_schemas_tags() -> None:
    parted = [assistant("So $\\boxed{42}$.", reasoning_content="6*7=42.")]
    assert completion_text(parted, THINK_BOXED) == "<think>6*7=42.</think>\nSo $\\boxed{42}$."
    own = [assistant("<think>6*7=42.</think>\\boxed{42}", reasoning_content="6*7=42.")]
    assert completion_text(own, THINK_BOXED) == "<think>6*7=42.</think>\\boxed{42}"


def test_the_reasoning_of_several_turns_is_one_block() -> None:
    turns = [
        assistant(None, reasoning_content="I ask for 6*7."),
        {"role": "tool", "content": "42"},
        assistant("<answer>42</answer>", reasoning_content="6*7=42."),
    ]
    assert completion_text(turns) == render("I ask for 6*7.\n6*7=42.", "42")


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("How many?", "How many?"),
        (b"How many?", "How many?"),
        ([{"role": "user", "content": "How many?"}], "How many?"),
        ([{"role": "user", "content": [{"type": "text", "text": "How many?"}]}], "How many?"),
        ([{"role": "user", "content": "Hi"}, assistant("Hi."),
          {"role": "user", "content": "How many?"}, assistant("<reasoning>")], "How many?"),
        ([{"content": "How many?"}], "How many?"),
        ([{"role": "system", "content": "Be brief."}], ""),
        ([{"role": "user", "content": None}], ""),
        ([{"role": "user"}], ""),
    ],
)  # fmt: skip
def test_prompts_as_text(prompt: object, text: str) -> None:
    assert prompt_text(prompt) == text


@pytest.mark.parametrize("value", [None, 5, [], {}, ["a"], [{"text": "a"}], [[assistant("a")]]])
def test_what_is_no_text_is_named(value: object) -> None:
    assert not is_conversation(value)
    with pytest.raises(RewardError, match="a completion must be a text or a list of messages"):
        completion_text(value)
    with pytest.raises(RewardError, match="a prompt must be a text or a list of messages"):
        prompt_text(value)


@given(st.lists(st.text(), min_size=1))
def test_all_that_the_assistant_says_is_kept(said: list[str]) -> None:
    assert completion_text([assistant(text) for text in said]) == "".join(said)
