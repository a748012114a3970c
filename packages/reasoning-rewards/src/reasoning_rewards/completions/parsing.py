"""Completions from and into their parts: `parse` and `render`, in any schema."""

import re
from collections.abc import Iterable
from typing import Final

from reasoning_rewards.completions.boxed import parse_boxed
from reasoning_rewards.completions.schemas import REASONING_ANSWER, Schema
from reasoning_rewards.completions.tagged import parse_tagged
from reasoning_rewards.completions.trace import Trace, TraceStatus, is_blank
from reasoning_rewards.errors import RewardError

# What ends a turn or a text in the chat templates of Gemma, Qwen, Llama, Mistral, DeepSeek, Phi and
# GPT: not the model's words, but decoders may leave it in.
_CONTROL_TOKEN: Final = re.compile(
    r"(?:<(?:end_of_turn|eos|pad|/s|turn\||EOT|\|[A-Za-z_]{2,24}\||｜[^<>\s]{2,24}｜)>"
    r"|\[/?INST\])$"
)
_LONGEST_TOKEN: Final = 30


def render(reasoning: str, answer: str, *, schema: Schema = REASONING_ANSWER) -> str:
    """The completion that `parse` reads back as this reasoning and this answer.

    Raises:
        RewardError: a text contains a tag of the schema, the answer is empty, or its braces do not
            match in a box; no completion in the schema could carry it.
    """
    for text in (reasoning, answer):
        if schema.tag.search(text):
            raise RewardError(f"a schema tag inside the text cannot be rendered: {text!r}")
    if is_blank(answer):
        raise RewardError(f"the answer must not be empty: {answer!r}")
    completion = (
        f"{schema.reasoning_open}{reasoning}{schema.reasoning_close}\n"
        f"{schema.answer_open}{answer}{schema.answer_close}"
    )
    # `<` at the very end of a text can join the tag that follows it (`<</answer>` is harmless),
    # and `}` can end a box: the check costs nothing and covers every such accident.
    if parse(completion, schema=schema) != Trace(TraceStatus.WELL_FORMED, reasoning, answer):
        raise RewardError(f"the text runs into the schema's marks: {(reasoning, answer)!r}")
    return completion


def parse(
    completion: str,
    *,
    stop: str | Iterable[str] = (),
    prefill: str = "",
    schema: Schema = REASONING_ANSWER,
) -> Trace:
    """Read a completion into a `Trace`. Never raises; linear in the length of the text.

    Args:
        completion: What the model wrote. Known control tokens at its end (`<end_of_turn>`, `<eos>`,
            `<|im_end|>`, …) are no part of it.
        stop: One or more texts that end a completion: the first of them and what follows is
            ignored.
        prefill: What the prompt already wrote of the completion, such as `<reasoning>`; put before
            a completion that does not begin with it.
        schema: How the completion marks its parts; marks of another schema are text.
    """
    if stop:
        completion = _until(completion, (stop,) if isinstance(stop, str) else stop)
    if prefill and not completion.lstrip().startswith(prefill.strip()):
        completion = prefill + completion
    if not completion.endswith(schema.answer_close):
        completion = _without_control_tokens(completion)
    return (parse_boxed if schema.boxed else parse_tagged)(completion, schema)


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
