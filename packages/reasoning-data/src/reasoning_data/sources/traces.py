"""Converter for traces of larger models, as in OpenR1-Math and OpenThoughts.

The thinking becomes the rationale. The gold is the row's own answer if it has one, otherwise the
answer that the trace states. Of several generations, the first is used that is complete, is not
marked wrong, and does not contradict the gold.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reasoning_data.answers.boxes import boxed_answer, last_boxes
from reasoning_data.answers.derivation import ends_otherwise, refutes
from reasoning_data.errors import Reason, RowError
from reasoning_data.problem import Problem
from reasoning_data.sources import fields
from reasoning_data.sources.convert import Provenance
from reasoning_data.sources.files.raw_row import Row
from reasoning_data.sources.thinking import Generation, is_marked, split_thinking

QUESTION_FIELDS = ("problem", *fields.QUESTION)
TRACE_FIELDS = (
    "generations", "response", "responses", "generation", "trace", "generated_solution",
    "completion", "output", "solution", "answer",
)  # fmt: skip
CHAT_FIELDS = ("messages", "conversations")
# Thinking in a field of its own, and by the same prefix the final answer: `deepseek_attempt`.
THINKING_FIELD = re.compile(
    r"(?P<prefix>(?:\w+_)?)(?:thinking(?:_trajector(?:y|ies))?|reasoning(?:_content)?|thoughts?)"
)
FINAL_FIELDS = ("attempt", "content", "response", "output", "completion", "answer", "text")
VERDICTS = (
    "correctness_math_verify", "correctness_llama", "correctness", "is_correct", "correct",
    "verified",
)  # fmt: skip
WHOLE = ("is_reasoning_complete", "is_complete", "finish_reasons", "finish_reason")
NO = frozenset(("false", "no", "0", "incorrect", "wrong", "length"))
SHORT = 80


def from_trace(row: Row, provenance: Provenance) -> Problem:
    """Convert a row with a trace.

    The question is a field such as `problem`, `question`, `prompt` or `input`, which may hold
    messages, or the first user message of the row's conversation. The trace is text with marked
    thinking (`generations`, `response`, `generated_solution`, `output`, the assistant's message),
    or is split over two fields (`reasoning_content` and `content`, `thinking_trajectories` and
    `attempt`).

    Raises:
        RowError: There is no question, no usable trace, or no gold.
    """
    question = fields.question_text(row, QUESTION_FIELDS) or _asked(row)
    traces = list(_traces(row)) if question else []
    if not traces:
        missing = "trace" if question else "question"
        raise RowError(Reason.MISSING_FIELD, f"no {missing} among {sorted(map(str, row))!r}")
    gold = _gold(row)
    faults = []
    for number, trace in traces:
        generation = trace if isinstance(trace, Generation) else split_thinking(trace)
        text = trace.final if isinstance(trace, Generation) else trace
        fault = _fault(row, number, generation, text, question, gold)
        if generation is not None and fault is None:
            own = gold or generation.gold() or _boxed(generation.thinking)
            return provenance.problem(question, own, generation.thinking)
        faults += [fault] if fault else []
    raise _all_refused(faults)


def _asked(row: Row) -> str:
    """Return the first user message of a row's conversation."""
    chat = _conversation(row)
    return next((text for role, text, _ in chat if role in fields.USER_ROLES and text), "")


def _traces(row: Row) -> Iterator[tuple[int, str | Generation]]:
    """Yield all traces of a row, each with its index in the list that holds it.

    A trace may be split over two fields, be a single field, or be part of the conversation.
    """
    yield from _paired(row)
    for name in TRACE_FIELDS:
        yield from _texts(fields.find(row, name), marked=name in ("solution", "answer"))
    for role, text, thinking in _conversation(row):
        if role in fields.ASSISTANT_ROLES and (text or thinking):
            yield 0, Generation(thinking, text) if thinking else text
            break


def _paired(row: Row) -> Iterator[tuple[int, Generation]]:
    """Yield traces whose thinking and final answer are in two fields or two lists."""
    for name, value in row.items():
        found = THINKING_FIELD.fullmatch(str(name))
        names = [f"{found['prefix']}{final}" for final in FINAL_FIELDS] if found else []
        final = next((row[other] for other in names if row.get(other)), None)
        if value and final is not None:
            thinking = value if isinstance(value, list | tuple) else [value]
            finals = final if isinstance(final, list | tuple) else [final]
            for number, pair in enumerate(zip(thinking, finals, strict=False)):
                yield number, Generation(*(str(part).strip() for part in pair))


def _texts(value: Any, *, marked: bool) -> Iterator[tuple[int, str]]:
    """Yield the texts of a field; if `marked`, only texts that mark their thinking."""
    for number, text in enumerate(value if isinstance(value, list | tuple) else [value]):
        if isinstance(text, str) and text.strip() and (not marked or is_marked(text)):
            yield number, text


def _conversation(row: Row) -> list[tuple[str, str, str]]:
    """Return role, text and separate thinking of each message of the row's conversation."""
    for name in CHAT_FIELDS:
        value = row.get(name)
        texts = fields.messages(value)
        if texts:
            kept = [message for message in value or () if isinstance(message, Mapping)]
            thinking = [_separate(message) for message in kept]
            return [(role, text, t) for (role, text), t in zip(texts, thinking, strict=True)]
    return []


def _separate(message: Mapping[str, Any]) -> str:
    names = (name for name in message if THINKING_FIELD.fullmatch(str(name)))
    return next((text for name in names if isinstance(text := message[name], str)), "").strip()


def _fault(
    row: Row, number: int, generation: Generation | None, trace: str, question: str, gold: str
) -> RowError | None:
    """Return the error in one of the row's traces, or None.

    Args:
        row: The row.
        number: Index of the trace in the list that holds it.
        generation: The trace, split; None if its thinking is not closed.
        trace: The trace as text.
        question: The question.
        gold: The row's own gold; '' if it has none.
    """
    verdicts = _marks(row, VERDICTS, number)
    if verdicts and not any(verdicts):  # one judge's word is enough
        return RowError(Reason.BAD_GOLD, "the trace was marked wrong")
    if generation is None:
        return RowError(Reason.MISSING_FIELD, f"no closed thinking in the trace: {trace[-80:]!r}")
    if not generation.final or not all(_marks(row, WHOLE, number)):
        return RowError(Reason.MISSING_FIELD, f"the trace is cut off: {trace[-80:]!r}")
    said = generation.gold()
    if not gold:
        if said or _boxed(generation.thinking):
            return None
        end = generation.final[-80:]
        return RowError(Reason.BAD_GOLD, f"no answer and no box in {end!r}")
    said = said or _short_answer(generation.final)
    if not (said and refutes(said, gold)):
        if not ends_otherwise(question, generation.final, gold):
            return None
        said = generation.final
    return RowError(
        Reason.CONFLICTING_GOLD, f"the trace concludes {said[:80]!r}, the gold is {gold[:80]!r}"
    )


def _short_answer(final: str) -> str:
    """Return the final text if it is only an answer: two words, or short with a digit."""
    if len(final) > SHORT:
        return ""
    return final if len(final.split()) <= 2 or any(char.isdigit() for char in final) else ""


def _marks(row: Row, names: Sequence[str], number: int) -> list[bool]:
    """Return the verdicts of the named fields on one trace; empty if they have none."""
    marks = []
    for name in names:
        value = row.get(name)
        if isinstance(value, list | tuple):
            value = value[number] if number < len(value) else None
        if value is not None and not isinstance(value, Mapping):
            marks.append(str(value).strip().casefold() not in NO)
    return marks


def _gold(row: Row) -> str:
    """Return the row's own gold, from a gold field or from the end of a human's solution, or ''."""
    for name in fields.GOLD:
        gold = fields.as_gold(fields.find(row, name))
        if gold and not is_marked(gold):
            return gold
    solution = fields.as_gold(row.get("solution"))
    if is_marked(solution):
        return ""
    return _boxed(solution) or (solution if len(solution) <= SHORT else "")


def _boxed(text: str) -> str:
    return boxed_answer(last_boxes(text))


def _all_refused(faults: list[RowError]) -> RowError:
    """Return one error for a row whose traces are all unusable, with the reason of the first."""
    if len(faults) == 1:
        return faults[0]
    details = "; ".join(dict.fromkeys(fault.detail for fault in faults))
    return RowError(faults[0].reason, f"none of {len(faults)} traces can be used: {details}"[:400])
