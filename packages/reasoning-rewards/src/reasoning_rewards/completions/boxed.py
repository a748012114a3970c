"""Completions with a tag around the reasoning, and the answer in a `\\boxed{…}` behind it.

Text may stand around the box, as models write it. What stands before the end of the reasoning is no
answer, and neither are two boxes that differ.
"""

import re
from typing import Final

from reasoning_rewards.answers.latex import braced
from reasoning_rewards.completions.schemas import Schema
from reasoning_rewards.completions.tagged import blocks
from reasoning_rewards.completions.trace import Trace, TraceStatus, is_blank

_OPENING: Final = re.compile(r"\\boxed\s{0,4}\{")


def parse_boxed(completion: str, schema: Schema) -> Trace:
    """Read a completion of a schema whose answer is boxed; linear in the length of the text."""
    matches = list(schema.tag.finditer(completion))
    tags = [match.group() for match in matches]
    if tags == [schema.reasoning_close]:  # a prompt wrote the first tag
        trace = parse_boxed(schema.reasoning_open + completion, schema)
        if trace.well_formed:
            return Trace(TraceStatus.UNOPENED_REASONING, trace.reasoning, trace.answer)
        return trace
    reasoning = "\n".join(
        blocks(completion, matches, schema.reasoning_open, schema.reasoning_close)
    )
    boxes, closed = _boxes(completion, _end_of_reasoning(completion, matches))
    answers = {box.strip() for box in boxes}
    answer = boxes[-1] if closed and len(answers) == 1 and not is_blank(boxes[-1]) else None
    status = _fault_of_tags(completion, matches, schema)
    if status is None:
        status = _fault_of_boxes(completion[: matches[0].start()], answers, closed)
    if status is TraceStatus.NO_TAGS and (boxes or not closed):
        status = TraceStatus.MISSING_REASONING
    return Trace(status, reasoning, answer)


def _end_of_reasoning(completion: str, matches: list[re.Match[str]]) -> int:
    """Where the first closing tag ends, in whatever spelling; 0 in a text without tags."""
    if not matches:
        return 0
    return next((match.end() for match in matches if match["closing"]), len(completion))


def _boxes(text: str, start: int) -> tuple[list[str], bool]:
    """The contents of the boxes from `start` on, and whether all of them are closed."""
    found: list[str] = []
    while (opening := _OPENING.search(text, start)) is not None:
        end = braced(text, opening.end() - 1)
        if end < 0:  # so no later one could be closed either
            return found, False
        found.append(text[opening.end() : end])
        start = end + 1
    return found, True


def _fault_of_tags(
    completion: str, matches: list[re.Match[str]], schema: Schema
) -> TraceStatus | None:
    tags = [match.group() for match in matches]
    if not tags:
        return TraceStatus.EMPTY if is_blank(completion) else TraceStatus.NO_TAGS
    if any(tag not in (schema.reasoning_open, schema.reasoning_close) for tag in tags):
        return TraceStatus.MALFORMED_TAG
    if len(tags) > 2:
        return TraceStatus.DUPLICATE_REASONING
    if tags[-1] == schema.reasoning_open:
        return TraceStatus.TRUNCATED
    return None if tags[0] == schema.reasoning_open else TraceStatus.MISSING_REASONING


def _fault_of_boxes(before: str, answers: set[str], closed: bool) -> TraceStatus:
    """How the rest stands to the schema, where the reasoning is one block."""
    if not closed:
        return TraceStatus.TRUNCATED
    if not answers:
        return TraceStatus.WRONG_ORDER if _OPENING.search(before) else TraceStatus.MISSING_ANSWER
    if len(answers) > 1:
        return TraceStatus.DUPLICATE_ANSWER
    if not is_blank(before):
        return TraceStatus.TEXT_OUTSIDE
    return TraceStatus.EMPTY_ANSWER if is_blank(min(answers)) else TraceStatus.WELL_FORMED
