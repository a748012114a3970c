"""How the fields of known data sets are named, and what their values say.

Names are compared without case, blanks and underscores at their ends, since CSV headers have those.
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
    """The value of a field, or of a field of nested objects (`meta.answer`); None for none."""
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
    """The first of the named fields that holds text or messages; '' for none.

    An instruction and its input (Alpaca's fields) belong together.
    """
    instruction, given = row.get("instruction"), row.get("input")
    if isinstance(instruction, str) and isinstance(given, str) and instruction and given:
        return f"{instruction}\n\n{given}"
    return next((text for name in names if (text := as_text(find(row, name)))), "")


def first_gold(row: Row, names: Iterable[str] = GOLD) -> str:
    """The first of the named fields that holds a gold; '' for none."""
    return next((gold for name in names if (gold := as_gold(find(row, name)))), "")


def with_context(row: Row, question: str) -> str:
    """A question with the passage that it is asked about in front, where the row has one."""
    context = next((text for name in CONTEXT if isinstance(text := find(row, name), str)), "")
    context = context.strip()
    return f"{context}\n\n{question}" if context and question and context != question else question


def as_text(value: Any) -> str:
    """Text, or what the last user message of a list of messages says; '' for anything else."""
    if isinstance(value, str):
        return value if value.strip() else ""
    users = [text for role, text in messages(value) if role in USER_ROLES]
    return users[-1] if users else ""


def as_gold(value: Any) -> str:
    """A gold as text: booleans as yes and no, whole floats without `.0`; '' for what is no gold.

    A list counts where it has one member.
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
    """Roles and texts of a conversation in either of the two usual layouts; empty for none."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        return []
    found = []
    for message in value:
        if isinstance(message, Mapping):
            role = str(message.get("role", message.get("from", ""))).casefold()
            found.append((role, content(message.get("content", message.get("value")))))
    return found


def content(value: Any) -> str:
    """The text of a message: plain, or a list of parts of which some are text."""
    if isinstance(value, str):
        return value
    if not isinstance(value, Sequence) or isinstance(value, bytes):
        return ""
    texts = (part.get("text") for part in value if isinstance(part, Mapping))
    return "".join(text for text in texts if isinstance(text, str))
