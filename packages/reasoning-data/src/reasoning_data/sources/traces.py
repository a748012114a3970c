"""Traces of larger models, as in OpenR1-Math and OpenThoughts: thinking, then an answer.

The thinking becomes the rationale. The gold is the row's own answer where it has one, else what the
last box of the final answer holds. Of several generations the first that was marked right is taken.
"""

import re
from collections.abc import Mapping
from typing import Any

from reasoning_data.errors import Reason, RowError
from reasoning_data.problem import Problem
from reasoning_data.rows import Row
from reasoning_data.sources.boxes import boxed_answer, last_boxes
from reasoning_data.sources.convert import Provenance

MARKS = (
    ("<think>", "</think>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
)
SOLUTION_MARK = re.compile(r"<\|(?:begin|end)_of_solution\|>")
VERDICTS = ("correctness_math_verify", "correctness", "is_correct")
QUESTION_FIELDS = ("problem", "question", "prompt")
CHAT_FIELDS = ("messages", "conversations")


def from_trace(row: Row, provenance: Provenance) -> Problem:
    """A problem from a row with a trace.

    The question is the field `problem`, `question` or `prompt`, or the first user message. The
    trace is one of `generations`, or `response`, `generation`, `trace` or `solution`, or the first
    assistant message.

    Raises:
        RowError: There is no question, no trace with closed thinking, or no gold.
    """
    messages = _messages(row)
    question = _first(row, QUESTION_FIELDS) or messages.get("user", "")
    trace = _trace(row) or messages.get("assistant", "")
    if not question or not trace:
        missing = "question" if not question else "trace"
        raise RowError(Reason.MISSING_FIELD, f"no {missing} among {sorted(map(str, row))!r}")
    thinking, final = _cut(trace)
    gold = _first(row, ("answer", "final_answer", "ground_truth"))
    if not gold:
        boxes = last_boxes(final) or last_boxes(thinking)
        if not boxes:
            raise RowError(Reason.BAD_GOLD, f"neither an answer nor a box in {final[-80:]!r}")
        gold = boxed_answer(boxes)
    return provenance.problem(question, gold.strip(), thinking)


def _cut(trace: str) -> tuple[str, str]:
    """Thinking and final answer. The opening mark may be missing: some templates hold it."""
    for opening, closing in MARKS:
        before, mark, final = trace.partition(closing)
        if mark:
            thinking = before.rpartition(opening)[2] if opening in before else before
            return thinking.strip(), SOLUTION_MARK.sub("", final).strip()
    raise RowError(Reason.MISSING_FIELD, f"no closed thinking in the trace: {trace[-80:]!r}")


def _trace(row: Row) -> str:
    generations = row.get("generations")
    if not isinstance(generations, list) or not generations:
        return _first(row, ("response", "generation", "trace", "solution"))
    verdicts = next((row[name] for name in VERDICTS if isinstance(row.get(name), list)), None)
    if verdicts is None:
        return str(generations[0])
    right = (g for g, verdict in zip(generations, verdicts, strict=False) if verdict)
    chosen = next(right, None)
    if chosen is None:
        raise RowError(Reason.BAD_GOLD, f"none of {len(generations)} generations was marked right")
    return str(chosen)


def _first(row: Row, names: tuple[str, ...]) -> str:
    values = (row.get(name) for name in names)
    return next((v for v in values if isinstance(v, str) and v.strip()), "")


def _messages(row: Row) -> dict[str, str]:
    """The first message of the user and of the assistant, in either of the two usual layouts."""
    chat: Any = next((row[name] for name in CHAT_FIELDS if isinstance(row.get(name), list)), [])
    roles = {"human": "user", "gpt": "assistant"}
    found: dict[str, str] = {}
    for message in chat:
        if isinstance(message, Mapping):
            role = str(message.get("role", message.get("from", "")))
            text = str(message.get("content", message.get("value", "")))
            found.setdefault(roles.get(role, role), text)
    return found
