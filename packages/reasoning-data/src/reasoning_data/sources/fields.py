"""Names of the fields of known data sets, and the interpretation of their values.

Names are compared without regard to case and to spaces and underscores at their ends, which CSV
headers often have.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any

from reasoning_data.sources.files.raw_row import Row

QUESTION = ("question", "problem", "query", "prompt", "input", "instruction", "question_stem")
GOLD = (
    "answer", "final_answer", "expected_answer", "ground_truth", "gold", "target",
    "reference_answer", "reward_model.ground_truth",
)  # fmt: skip
CONTEXT = ("passage", "article", "context", "body")
USER_ROLES = frozenset(("user", "human"))
ASSISTANT_ROLES = frozenset(("assistant", "gpt", "model", "bot", "chatgpt"))


def find(row: Row, path: str) -> Any:
    """Return the value of a field, or of a nested field (`meta.answer`); None if it is missing."""
    if path in row:
        return row[path]
    value: Any = row
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return None
        if part not in value:
            names = {str(name).strip(" _").casefold(): name for name in value}
            if part.casefold() not in names:
                return None
            part = names[part.casefold()]
        value = value[part]
    return value


def question_text(row: Row, names: Iterable[str] = QUESTION) -> str:
    """Return the first of the named fields that holds text or messages, or ''.

    An instruction and its input (the fields of Alpaca) are joined.
    """
    instruction, given = row.get("instruction"), row.get("input")
    if isinstance(instruction, str) and isinstance(given, str) and instruction and given:
        return f"{instruction}\n\n{given}"
    return next((text for name in names if (text := as_text(find(row, name)))), "")


def first_gold(row: Row, names: Iterable[str] = GOLD) -> str:
    """Return the first of the named fields that holds a gold, or ''."""
    return next((gold for name in names if (gold := as_gold(find(row, name)))), "")


def with_context(row: Row, question: str) -> str:
    """Return a question after the passage that it asks about, if the row has one."""
    context = next((text for name in CONTEXT if isinstance(text := find(row, name), str)), "")
    context = context.strip()
    return f"{context}\n\n{question}" if context and question and context != question else question


def as_text(value: Any) -> str:
    """Return a text, or the last user message of a list of messages; '' for anything else."""
    if isinstance(value, str):
        return value if value.strip() else ""
    users = [text for role, text in messages(value) if role in USER_ROLES]
    return users[-1] if users else ""


def as_gold(value: Any) -> str:
    """Return a gold as text, or '' if the value cannot be a gold.

    Booleans become yes and no, whole floats lose their `.0`, and a list of one counts as its
    member.
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | Decimal):
        return str(int(value)) if isfinite(value) and value == int(value) else str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip()
    if isinstance(value, str | int):
        return str(value).strip()
    if isinstance(value, Sequence) and not isinstance(value, bytes) and len(value) == 1:
        return as_gold(value[0])
    return ""


def messages(value: Any) -> list[tuple[str, str]]:
    """Return roles and texts of a conversation in either usual layout, or an empty list."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        return []
    found = []
    for message in value:
        if isinstance(message, Mapping):
            role = str(message.get("role", message.get("from", ""))).casefold()
            found.append((role, content(message.get("content", message.get("value")))))
    return found


def content(value: Any) -> str:
    """Return the text of a message: plain text, or a list of parts of which some are text."""
    if isinstance(value, str):
        return value
    if not isinstance(value, Sequence) or isinstance(value, bytes):
        return ""
    texts = (part.get("text") for part in value if isinstance(part, Mapping))
    return "".join(text for text in texts if isinstance(text, str))
