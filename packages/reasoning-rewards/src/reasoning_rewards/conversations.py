"""Conversations, lists of messages with `role` and `content`, as plain text."""

from collections.abc import Sequence
from typing import Any


def is_conversation(value: object) -> bool:
    """Whether a value is a list of messages."""
    return (
        isinstance(value, list | tuple)
        and bool(value)
        and all(isinstance(message, dict) and "role" in message for message in value)
    )


def prompt_text(messages: Sequence[dict[str, Any]]) -> str:
    """Return what the user says last; empty if nobody asks."""
    said = [content_text(message) for message in messages if message["role"] == "user"]
    return said[-1] if said else ""


def completion_text(messages: Sequence[dict[str, Any]]) -> str:
    """Return all that the assistant says."""
    return "".join(content_text(message) for message in messages if message["role"] == "assistant")


def content_text(message: dict[str, Any]) -> str:
    """Return the text of a message: its content, or the text parts of it."""
    content = message.get("content")
    if isinstance(content, list | tuple):
        return "".join(
            str(part.get("text") or "") if isinstance(part, dict) else str(part) for part in content
        )
    return "" if content is None else str(content)
