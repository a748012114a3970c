"""The output schema: one `<reasoning>` block, then one `<answer>` block, and nothing outside."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from reasoning_rewards.errors import RewardError

REASONING_OPEN: Final = "<reasoning>"
REASONING_CLOSE: Final = "</reasoning>"
ANSWER_OPEN: Final = "<answer>"
ANSWER_CLOSE: Final = "</answer>"

_SCHEMA_TAGS: Final = [REASONING_OPEN, REASONING_CLOSE, ANSWER_OPEN, ANSWER_CLOSE]
# Also finds misspelt tags (`<Answer >`), so that a second answer cannot hide in one. Every
# repetition is bounded: the scan stays linear on a hundred kilobytes of `<`.
_TAG: Final = re.compile(r"<\s{0,4}/?\s{0,4}(?:reasoning|answer)\b[^<>]{0,32}>", re.IGNORECASE)
# What ends a turn or a text in the chat templates of Gemma, Qwen, Llama, Mistral, DeepSeek, Phi and
# GPT: not the model's words, but decoders may leave it in.
_CONTROL_TOKEN: Final = re.compile(
    r"(?:<(?:end_of_turn|eos|pad|/s|turn\||EOT|\|[A-Za-z_]{2,24}\||｜[^<>\s]{2,24}｜)>"
    r"|\[/?INST\])$"
)
_LONGEST_TOKEN: Final = 30
_INVISIBLE: Final = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xAD, 0xFEFF]
)


class TraceStatus(Enum):
    """How a completion stands to the schema; the first fault found, in this order."""

    WELL_FORMED = "well_formed"
    EMPTY = "empty"
    NO_TAGS = "no_tags"
    MALFORMED_TAG = "malformed_tag"
    DUPLICATE_ANSWER = "duplicate_answer"
    DUPLICATE_REASONING = "duplicate_reasoning"
    TRUNCATED = "truncated"
    UNOPENED_REASONING = "unopened_reasoning"
    MISSING_REASONING = "missing_reasoning"
    MISSING_ANSWER = "missing_answer"
    WRONG_ORDER = "wrong_order"
    TEXT_OUTSIDE = "text_outside"
    EMPTY_ANSWER = "empty_answer"


@dataclass(frozen=True, slots=True)
class Trace:
    """A parsed completion.

    `reasoning` is the text of the reasoning block, verbatim (several blocks are joined by a
    newline; empty when there is none). `answer` is the text of the answer block, verbatim, and
    `None` unless exactly one closed block with something visible in it exists.
    """

    status: TraceStatus
    reasoning: str
    answer: str | None

    @property
    def well_formed(self) -> bool:
        return self.status is TraceStatus.WELL_FORMED


def render(reasoning: str, answer: str) -> str:
    """The completion that `parse` reads back as this reasoning and this answer.

    Raises:
        RewardError: a text contains a schema tag, or the answer is empty; no completion in the
            schema could carry it.
    """
    for text in (reasoning, answer):
        if _TAG.search(text):
            raise RewardError(f"a schema tag inside the text cannot be rendered: {text!r}")
    if _is_blank(answer):
        raise RewardError(f"the answer must not be empty: {answer!r}")
    completion = (
        f"{REASONING_OPEN}{reasoning}{REASONING_CLOSE}\n{ANSWER_OPEN}{answer}{ANSWER_CLOSE}"
    )
    # `<` at the very end of a text can join the tag that follows it (`<</answer>` is harmless,
    # but the check costs nothing and covers every such accident).
    if not parse(completion).well_formed:
        raise RewardError(f"the text runs into a schema tag: {(reasoning, answer)!r}")
    return completion


def parse(completion: str, *, stop: str | Iterable[str] = (), prefill: str = "") -> Trace:
    """Read a completion into a `Trace`. Never raises; linear in the length of the text.

    Args:
        completion: What the model wrote. Known control tokens at its end (`<end_of_turn>`, `<eos>`,
            `<|im_end|>`, …) are no part of it.
        stop: One or more texts that end a completion: the first of them and what follows is
            ignored.
        prefill: What the prompt already wrote of the completion, such as `<reasoning>`; put before
            a completion that does not begin with it.
    """
    if stop:
        completion = _until(completion, (stop,) if isinstance(stop, str) else stop)
    if prefill and not completion.lstrip().startswith(prefill.strip()):
        completion = prefill + completion
    if not completion.endswith(ANSWER_CLOSE):
        completion = _without_control_tokens(completion)
    if completion.count("<") == 4 and (trace := _parse_plain(completion)):
        return trace
    matches = list(_TAG.finditer(completion))
    tags = [match.group() for match in matches]
    if tags == _SCHEMA_TAGS:
        return _parse_four(completion, matches)
    if tags == _SCHEMA_TAGS[1:]:
        return _parse_unopened(completion)
    return _parse_faulty(completion, matches, tags)


def _until(completion: str, stops: Iterable[str]) -> str:
    found = [start for stop in stops if stop and (start := completion.find(stop)) >= 0]
    return completion[: min(found)] if found else completion


def _without_control_tokens(completion: str) -> str:
    """The completion up to the control tokens at its end, if there are any."""
    end = _end_of_text(completion, len(completion))
    while completion[end - 1 : end] in (">", "]"):
        match = _CONTROL_TOKEN.search(completion[max(end - _LONGEST_TOKEN, 0) : end])
        if match is None:
            break
        end = _end_of_text(completion, end - len(match.group()))
    return completion[:end]


def _end_of_text(text: str, end: int) -> int:
    while end and text[end - 1].isspace():
        end -= 1
    return end


def _parse_plain(completion: str) -> Trace | None:
    """The well-formed completion without any other `<`: by far the commonest, without a regex."""
    if not completion.startswith(REASONING_OPEN) or not completion.endswith(ANSWER_CLOSE):
        return None
    close = completion.find(REASONING_CLOSE)
    opening = completion.find(ANSWER_OPEN, close)
    if close < 0 or opening < 0:
        return None
    between = completion[close + len(REASONING_CLOSE) : opening]
    answer = completion[opening + len(ANSWER_OPEN) : -len(ANSWER_CLOSE)]
    if (between and not between.isspace()) or _is_blank(answer):
        return None
    return Trace(TraceStatus.WELL_FORMED, completion[len(REASONING_OPEN) : close], answer)


def _parse_four(completion: str, tags: list[re.Match[str]]) -> Trace:
    """The four tags in their order: only text outside or an empty answer can still be wrong."""
    first, second, third, fourth = tags
    reasoning = completion[first.end() : second.start()]
    answer = completion[third.end() : fourth.start()]
    if _is_blank(answer):
        return Trace(TraceStatus.EMPTY_ANSWER, reasoning, None)
    outside = (
        completion[: first.start()]
        + completion[second.end() : third.start()]
        + completion[fourth.end() :]
    )
    if outside and not outside.isspace():
        return Trace(TraceStatus.TEXT_OUTSIDE, reasoning, answer)
    return Trace(TraceStatus.WELL_FORMED, reasoning, answer)


def _parse_unopened(completion: str) -> Trace:
    """Everything but the first tag, as where a prompt wrote it and the caller did not say so."""
    trace = parse(REASONING_OPEN + completion)
    if trace.well_formed:
        return Trace(TraceStatus.UNOPENED_REASONING, trace.reasoning, trace.answer)
    return trace


def _parse_faulty(completion: str, matches: list[re.Match[str]], tags: list[str]) -> Trace:
    reasonings = _blocks(completion, matches, REASONING_OPEN, REASONING_CLOSE)
    answers = _blocks(completion, matches, ANSWER_OPEN, ANSWER_CLOSE)
    # Misspelt tags count as tags here: `<answer>1</answer><ANSWER>2</ANSWER>` gives two answers.
    names = [tag.strip("<>/ \t\r\n").lower() for tag in tags]
    answer_tags = sum(name.startswith("answer") for name in names)
    answer = answers[0] if len(answers) == 1 and answer_tags == 2 else None
    if answer is not None and _is_blank(answer):
        answer = None
    status = _fault(completion, tags, answer_tags, len(tags) - answer_tags)
    if status is TraceStatus.WRONG_ORDER and not reasonings:
        status = TraceStatus.MISSING_REASONING
    return Trace(status, "\n".join(reasonings), answer)


def _fault(completion: str, tags: list[str], answer_tags: int, reasoning_tags: int) -> TraceStatus:
    if not tags:
        return TraceStatus.EMPTY if _is_blank(completion) else TraceStatus.NO_TAGS
    if any(tag not in _SCHEMA_TAGS for tag in tags):
        return TraceStatus.MALFORMED_TAG
    if answer_tags > 2:
        return TraceStatus.DUPLICATE_ANSWER
    if reasoning_tags > 2:
        return TraceStatus.DUPLICATE_REASONING
    if tags[-1] in (REASONING_OPEN, ANSWER_OPEN):
        return TraceStatus.TRUNCATED
    if reasoning_tags < 2:
        return TraceStatus.MISSING_REASONING
    if answer_tags < 2:
        return TraceStatus.MISSING_ANSWER
    return TraceStatus.WRONG_ORDER


def _blocks(
    completion: str, matches: list[re.Match[str]], open_tag: str, close_tag: str
) -> list[str]:
    """The texts between an opening tag and the next tag of its own kind, if that one closes it."""
    blocks: list[str] = []
    start: int | None = None
    for match in matches:
        tag = match.group()
        if tag == open_tag:
            start = match.end()
        elif tag == close_tag and start is not None:
            blocks.append(completion[start : match.start()])
            start = None
    return blocks


def _is_blank(text: str) -> bool:
    stripped = text.strip()
    if not stripped:
        return True
    return not stripped.isascii() and not stripped.translate(_INVISIBLE).strip()
