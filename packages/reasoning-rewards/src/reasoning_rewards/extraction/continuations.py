"""What a model writes behind its answer: stop tokens, further questions, and its confidence.

A base model that goes on after its answer asks itself the next question, as the prompts did that it
was shown, and answers that. A confidence is a number, but not the answer.
"""

import re
from typing import Final

from reasoning_rewards.confidence.statements import HINTS, stated_value

_STOP: Final = re.compile(
    r"<(?:end_of_turn|start_of_turn|eos|/s|pad)>"
    r"|<\|(?:im_end|im_start|endoftext|end_of_text|eot_id|eom_id|user|end)\|>"
)
_NEXT_SPEAKER: Final = re.compile(
    r"(?:^|\n)[#*>\s]{0,6}(?:Q|Question|Problem|Exercise|User|Human|Instruction|Prompt|Student)"
    r"(?: ?#?\d{1,3})?(?:\*\*)? ?[:.)](?:\*\*)?\s|(?<=[.!\d])\s+(?:Q|Question) ?\d{0,3}:\s",
)
# A paragraph that asks; `So how many are left?` is a part of the solution.
_ASKING: Final = re.compile(
    r"\n[ \t]*\n(?!\s*(?:so|now|wait|but|hmm|let|then|next|and|first|is|are|does|do|did|should)\b)"
    r"(?=[^\n]{25,}\?)(?=[^\n?]*\b(?:how (?:many|much|long|far|old|often)|what (?:is|are|was|will)|"
    r"which|find)\b)",
    re.IGNORECASE,
)
_ANNOUNCED: Final = re.compile(
    r"####|\\boxed|\banswer\b[^\n]{0,20}?(?:is|[:=])|is the (?:final |correct )?answer",
    re.IGNORECASE,
)
_ANSWERED: Final = re.compile(rf"{_ANNOUNCED.pattern}|=\s?\S", re.IGNORECASE)
_VALUE_ALONE: Final = re.compile(r"[\W_]*\d[\d,./]*%?(?: [a-z]+){0,3}[\W_]*", re.IGNORECASE)
_IN_BRACKETS: Final = re.compile(
    r"\s*[(\[][^()\[\]\n]{0,80}\b(?:confiden|sure|certain)[^()\[\]\n]{0,80}[)\]]", re.IGNORECASE
)
_AT_THE_END: Final = re.compile(
    r"[\s,;.|–—-]*\b(?:with )?(?:an? |my )?(?:\d{1,3}(?:\.\d+)? ?(?:%|percent) )?"
    r"(?:overall )?confidence\b[^\n]*",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+")
_PERCENT_SURE: Final = re.compile(
    r"\d{1,3}(?:\.\d+)? ?(?:%|percent) (?:sure|certain|confident)\b", re.IGNORECASE
)


def own_text(text: str) -> str:
    """Return a text without what follows its answer: stop tokens, questions, confidence."""
    return _without_confidence(_until_next_question(text))


def _until_next_question(text: str) -> str:
    stop = _STOP.search(text, len(text) - len(text.lstrip()) + 1)
    if stop is not None:
        text = text[: stop.start()]
    speaker = next((m for m in _NEXT_SPEAKER.finditer(text) if _answers(text[: m.start()])), None)
    asking = next((m for m in _ASKING.finditer(text) if _answers(text[: m.start()])), None)
    return text[: min((m.start() for m in (speaker, asking) if m), default=len(text))]


def _answers(before: str) -> bool:
    """Whether a text has an answer already: an announced one, or it is nothing but a value."""
    return bool(_ANSWERED.search(before) or _VALUE_ALONE.fullmatch(before[:80]))


def _without_confidence(text: str) -> str:
    lowered = text.casefold()
    if not any(map(lowered.__contains__, HINTS)):
        return text
    return "\n".join(_unsure(line) for line in text.split("\n"))


def _unsure(line: str) -> str:
    """A line without the sentences that state a confidence and say nothing else."""
    if len(line) > 400 or not _states(line):
        return line
    return " ".join(map(_answer_alone, _SENTENCE.split(line))).strip()


def _answer_alone(sentence: str) -> str:
    """What is left of `Answer: 42 (90% sure)`; nothing of `I am 90% sure.`"""
    if not _states(sentence):
        return sentence
    rest = _AT_THE_END.sub("", _IN_BRACKETS.sub("", sentence))
    rest = _PERCENT_SURE.sub("", rest)
    if rest == sentence:
        return sentence if _ANNOUNCED.search(sentence) else ""
    return rest if _ANNOUNCED.search(rest) or any(char.isdigit() for char in rest) else ""


def _states(text: str) -> bool:
    return stated_value(text.casefold().replace("’", "'")) is not None
