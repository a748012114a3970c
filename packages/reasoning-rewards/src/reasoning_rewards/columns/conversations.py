"""Prompts and completions as plain text: strings, or conversations of several libraries.

A conversation is a list of messages with `role` and `content`. The content is a text, a list of
parts of which some are texts (TRL, OpenAI), or missing beside a tool call. Servers that part the
reasoning from the answer put it into `reasoning_content` (vLLM, DeepSeek), `reasoning` or
`thinking`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from reasoning_rewards.columns.scalars import members, plain, shown
from reasoning_rewards.completions.schemas import REASONING_ANSWER, Schema
from reasoning_rewards.errors import RewardError

_REASONING: Final = ("reasoning_content", "reasoning", "thinking")


def is_conversation(value: object) -> bool:
    """Whether a value is a list of messages."""
    messages = members(value)
    return bool(messages) and all(_is_message(message) for message in messages or ())


def _is_message(value: object) -> bool:
    return isinstance(value, Mapping) and ("role" in value or "content" in value)


def prompt_text(prompt: object) -> str:
    """Return a prompt's text: itself, or what the user says last; empty if nobody asks.

    Raises:
        RewardError: It is neither a text nor a conversation.
    """
    messages = _messages(prompt, "prompt")
    if isinstance(messages, str):
        return messages
    said = [content_text(message) for message in messages if message.get("role", "user") == "user"]
    return said[-1] if said else ""


def completion_text(completion: object, schema: Schema = REASONING_ANSWER) -> str:
    """Return a completion's text: itself, or all that the assistant says.

    Reasoning that a server parted from the content gets the schema's tags back, unless the content
    has its own.

    Raises:
        RewardError: It is neither a text nor a conversation.
    """
    messages = _messages(completion, "completion")
    if isinstance(messages, str):
        return messages
    said = [m for m in messages if m.get("role", "assistant") == "assistant"]
    content = "".join(content_text(message) for message in said)
    reasoning = "\n".join(text for message in said if (text := _reasoning(message)))
    opening, closing = schema.reasoning_open, schema.reasoning_close
    if not reasoning or opening in content:
        return content
    if opening not in reasoning:
        reasoning = f"{opening}{reasoning}{closing}"
    return f"{reasoning}\n{content}"


def last_exchange(
    messages: Sequence[Mapping[str, Any]], schema: Schema = REASONING_ANSWER
) -> tuple[str, str]:
    """Return prompt and completion of a whole conversation.

    The completion is what the assistant says last, the prompt what the user says last before that;
    empty if nobody asks.

    Raises:
        RewardError: The assistant says nothing.
    """
    for end in reversed(range(len(messages))):
        if messages[end].get("role") == "assistant":
            before = messages[:end]
            return prompt_text(before) if before else "", completion_text([messages[end]], schema)
    raise RewardError("a conversation must have a message of the role 'assistant'")


def _messages(value: object, name: str) -> str | Sequence[Mapping[str, Any]]:
    value = plain(value)
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and _is_message(value):
        return [value]
    if is_conversation(value):
        return members(value) or []
    raise RewardError(f"a {name} must be a text or a list of messages, not {shown(value)}")


def _reasoning(message: Mapping[str, Any]) -> str:
    texts = (_parts_text(message.get(name)) for name in _REASONING)
    return next((text.strip() for text in texts if text.strip()), "")


def content_text(message: Mapping[str, Any]) -> str:
    """Return the text of a message: its content, or the text parts of it; empty without any."""
    return _parts_text(message.get("content"))


def _parts_text(content: object) -> str:
    content = plain(content)
    if isinstance(content, Mapping):
        return _part_text(content)
    parts = members(content)
    if parts is not None:
        return "".join(_part_text(part) for part in parts)
    return "" if content is None else str(content)


def _part_text(part: object) -> str:
    """The text of a part; images and other parts have none."""
    part = plain(part.get("text") if isinstance(part, Mapping) else part)
    return "" if part is None else str(part)
