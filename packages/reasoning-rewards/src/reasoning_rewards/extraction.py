"""The final answer of a free-form text, for lenient accuracy: tags are not required."""

import re
from typing import Final

from reasoning_rewards.answers.latex import braced
from reasoning_rewards.trace import ANSWER_CLOSE, ANSWER_OPEN

_ANSWER_IS: Final = re.compile(r"(?:answer|result)(?: is|:| =)+|####", re.IGNORECASE)
_NUMBER: Final = re.compile(r"(?<![\w.])-?[$€£]?\d[\d,]{0,40}(?:\.\d{1,40})?(?:/\d{1,20})?%?")
_SENTENCE_END: Final = re.compile(r"(?<!\d)[.!?](?:\s|$)|[.!?](?:\s+\D|$)|<")
_TAIL: Final = 20_000
_LINE: Final = 200


def final_answer(completion: str) -> str | None:
    """The final answer anywhere in a text, or `None` when there is none.

    In this order: the last `<answer>` block (also an unclosed one), the last `\\boxed{…}`, the text
    after the last "answer is" or `####`, the last number. Meant for measuring how often a model
    that ignores the schema is right all the same, not for rewarding it. Linear in the text.
    """
    start = completion.rfind(ANSWER_OPEN)
    if start >= 0:
        start += len(ANSWER_OPEN)
        end = completion.find(ANSWER_CLOSE, start)
        content = completion[start : end if end >= 0 else None].strip()
        if content:
            return content
    text = completion[-_TAIL:]
    for find in (_boxed, _announced, _last_number):
        if found := find(text):
            return found
    return None


def _boxed(text: str) -> str | None:
    start = text.rfind("\\boxed{")
    if start < 0:
        return None
    end = braced(text, start + len("\\boxed"))
    return text[start + len("\\boxed{") : end].strip() if end >= 0 else None


def _announced(text: str) -> str | None:
    matches = list(_ANSWER_IS.finditer(text))
    if not matches:
        return None
    start = matches[-1].end()
    found = text[start : start + _LINE].lstrip().partition("\n")[0].strip()
    end = _SENTENCE_END.search(found)
    return (found[: end.start()] if end else found).strip(" *:=") or None


def _last_number(text: str) -> str | None:
    numbers = _NUMBER.findall(text)
    return numbers[-1].rstrip(",") if numbers else None
