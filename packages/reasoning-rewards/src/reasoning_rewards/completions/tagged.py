"""Completions with a tag around the reasoning and one around the answer, and nothing outside."""

import re

from reasoning_rewards.completions.schemas import Schema
from reasoning_rewards.completions.trace import Trace, TraceStatus, is_blank


def parse_tagged(completion: str, schema: Schema) -> Trace:
    """Read a completion of a schema with an answer tag; linear in the length of the text."""
    if completion.count("<") == 4 and (trace := _parse_plain(completion, schema)):
        return trace
    matches = list(schema.tag.finditer(completion))
    tags = [match.group() for match in matches]
    expected = [
        schema.reasoning_open, schema.reasoning_close, schema.answer_open, schema.answer_close
    ]  # fmt: skip
    if tags == expected:
        return _parse_four(completion, matches)
    if tags == expected[1:]:
        return _parse_unopened(completion, schema)
    return _parse_faulty(completion, matches, schema)


def _parse_plain(completion: str, schema: Schema) -> Trace | None:
    """The well-formed completion without any other `<`: by far the commonest, without a regex."""
    reasoning_open, answer_close = schema.reasoning_open, schema.answer_close
    if not completion.startswith(reasoning_open) or not completion.endswith(answer_close):
        return None
    close = completion.find(schema.reasoning_close)
    opening = completion.find(schema.answer_open, close)
    if close < 0 or opening < 0:
        return None
    between = completion[close + len(schema.reasoning_close) : opening]
    answer = completion[opening + len(schema.answer_open) : -len(answer_close)]
    if (between and not between.isspace()) or is_blank(answer):
        return None
    return Trace(TraceStatus.WELL_FORMED, completion[len(reasoning_open) : close], answer)


def _parse_four(completion: str, tags: list[re.Match[str]]) -> Trace:
    """The four tags in their order: only text outside or an empty answer can still be wrong."""
    first, second, third, fourth = tags
    reasoning = completion[first.end() : second.start()]
    answer = completion[third.end() : fourth.start()]
    if is_blank(answer):
        return Trace(TraceStatus.EMPTY_ANSWER, reasoning, None)
    outside = (
        completion[: first.start()]
        + completion[second.end() : third.start()]
        + completion[fourth.end() :]
    )
    if outside and not outside.isspace():
        return Trace(TraceStatus.TEXT_OUTSIDE, reasoning, answer)
    return Trace(TraceStatus.WELL_FORMED, reasoning, answer)


def _parse_unopened(completion: str, schema: Schema) -> Trace:
    """Everything but the first tag, as where a prompt wrote it and the caller did not say so."""
    trace = parse_tagged(schema.reasoning_open + completion, schema)
    if trace.well_formed:
        return Trace(TraceStatus.UNOPENED_REASONING, trace.reasoning, trace.answer)
    return trace


def _parse_faulty(completion: str, matches: list[re.Match[str]], schema: Schema) -> Trace:
    reasonings = blocks(completion, matches, schema.reasoning_open, schema.reasoning_close)
    answers = blocks(completion, matches, schema.answer_open, schema.answer_close)
    # Misspelt tags count as tags here: `<answer>1</answer><ANSWER>2</ANSWER>` gives two answers.
    answer_tags = sum(match["answer"] is not None for match in matches)
    answer = answers[0] if len(answers) == 1 and answer_tags == 2 else None
    if answer is not None and is_blank(answer):
        answer = None
    status = _fault(completion, [match.group() for match in matches], answer_tags, schema)
    if status is TraceStatus.WRONG_ORDER and not reasonings:
        status = TraceStatus.MISSING_REASONING
    return Trace(status, "\n".join(reasonings), answer)


def _fault(completion: str, tags: list[str], answer_tags: int, schema: Schema) -> TraceStatus:
    reasoning_tags = len(tags) - answer_tags
    openings = (schema.reasoning_open, schema.answer_open)
    if not tags:
        return TraceStatus.EMPTY if is_blank(completion) else TraceStatus.NO_TAGS
    if any(tag not in (*openings, schema.reasoning_close, schema.answer_close) for tag in tags):
        return TraceStatus.MALFORMED_TAG
    if answer_tags > 2:
        return TraceStatus.DUPLICATE_ANSWER
    if reasoning_tags > 2:
        return TraceStatus.DUPLICATE_REASONING
    if tags[-1] in openings:
        return TraceStatus.TRUNCATED
    if reasoning_tags < 2:
        return TraceStatus.MISSING_REASONING
    if answer_tags < 2:
        return TraceStatus.MISSING_ANSWER
    return TraceStatus.WRONG_ORDER


def blocks(
    completion: str, matches: list[re.Match[str]], open_tag: str, close_tag: str
) -> list[str]:
    """Return the texts between an opening tag and the next of its kind, if that one closes it."""
    found: list[str] = []
    start: int | None = None
    for match in matches:
        tag = match.group()
        if tag == open_tag:
            start = match.end()
        elif tag == close_tag and start is not None:
            found.append(completion[start : match.start()])
            start = None
    return found
