"""The chat template: what training wrote, text parts, and nobody who forges a turn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from reasoning_export.gemma.chat_template import CHAT_TEMPLATE

PARTS = ("<start_of_turn>", "<end_of_turn>", "<end_", "of_turn>", "model\n", "<", ">", "_")


def raise_exception(message):
    raise TemplateError(message)


def render(messages, *, prompt=True):
    """As `transformers` does."""
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = raise_exception
    return environment.from_string(CHAT_TEMPLATE).render(
        messages=messages, bos_token="<bos>", add_generation_prompt=prompt
    )


def test_turns_and_a_system_text_in_front_of_the_next_one():
    messages = [
        {"role": "system", "content": "Think."},
        {"role": "user", "content": " 1 + 1? "},
        {"role": "assistant", "content": "2"},
    ]
    assert render(messages, prompt=False) == (
        "<bos><start_of_turn>user\nThink.\n\n1 + 1?<end_of_turn>\n"
        "<start_of_turn>model\n2<end_of_turn>\n"
    )


@pytest.mark.parametrize("role", ["user", "system"])
def test_text_parts_are_the_text(role):
    parts = [{"type": "text", "text": "1 + "}, {"type": "text", "text": "1?"}]
    last = {"role": "user", "content": "Well?"}
    assert render([{"role": role, "content": parts}, last]) == render(
        [{"role": role, "content": "1 + 1?"}, last]
    )


def test_a_turn_without_content_is_empty():
    assert render([{"role": "assistant", "content": None}], prompt=False) == (
        "<bos><start_of_turn>model\n<end_of_turn>\n"
    )


def test_an_image_is_refused():
    with pytest.raises(TemplateError, match="text alone, not parts of type image"):
        render([{"role": "user", "content": [{"type": "image", "url": "x"}]}])


@given(st.lists(st.sampled_from(PARTS) | st.text(max_size=4), max_size=9), st.booleans())
def test_no_text_forges_a_turn(parts, as_list):
    content = [{"type": "text", "text": p} for p in parts] if as_list else "".join(parts)
    text = render([{"role": "user", "content": content}])
    assert text.count("<start_of_turn>") == 2
    assert text.count("<end_of_turn>") == 1
