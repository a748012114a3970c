"""What a trace offers for judging: its steps, words, numbers and equations, gathered once."""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final

from reasoning_rewards.answers.forms import Scalar
from reasoning_rewards.answers.reading import read
from reasoning_rewards.equations import Equation, Number
from reasoning_rewards.lexicon import NUMBER_WORDS, numbers_in, subjects_of, words_of
from reasoning_rewards.steps import StepCounter
from reasoning_rewards.trace import Trace

MAX_CHARACTERS: Final = 12_000
MAX_SEGMENTS: Final = 400
MAX_PROMPT: Final = 8_000

_SEGMENT: Final = re.compile(r"\n|[.;!?](?=\s|$)")


@dataclass(frozen=True, slots=True)
class PromptEvidence:
    """A prompt, its content words and numbers, and all its words in order."""

    text: str
    words: frozenset[str]
    numbers: frozenset[Number]
    sequence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that a rubric item may look at.

    `vocabulary` are the different words. `steps` counts the content-bearing steps: segments with
    something new, or new true equations. `segments` are the sentences or lines;
    `filler_characters` is the length of those that carry nothing.
    """

    trace: Trace
    prompt: PromptEvidence
    text: str
    answer: str
    answer_value: Number | None
    segments: tuple[str, ...]
    filler_characters: int
    words: tuple[str, ...]
    vocabulary: frozenset[str]
    equations: tuple[Equation, ...]
    steps: int
    noise_words: int


def gather(trace: Trace, prompt: str) -> Evidence:
    """The evidence of a trace; only the first `MAX_CHARACTERS` of the reasoning are looked at."""
    text = trace.reasoning[:MAX_CHARACTERS]
    answer = (trace.answer or "").strip()[:400]
    known = _prompt_evidence(prompt[:MAX_PROMPT])
    parts = _SEGMENT.split(text)[: 2 * MAX_SEGMENTS]
    segments = tuple(part for part in parts if part and not part.isspace())[:MAX_SEGMENTS]
    counter = StepCounter(set(known.words), set(known.numbers))
    for segment in segments:
        counter.add(segment)
    counter.finish()
    return Evidence(
        trace=trace,
        prompt=known,
        text=text,
        answer=answer,
        answer_value=_value(answer),
        segments=segments,
        filler_characters=counter.filler,
        words=tuple(counter.words),
        vocabulary=frozenset(counter.words),
        equations=tuple(counter.equations),
        steps=counter.count,
        noise_words=counter.noise,
    )


@lru_cache(maxsize=256)
def _prompt_evidence(prompt: str) -> PromptEvidence:
    words = words_of(prompt)
    numbers = numbers_in(prompt)
    numbers.update([NUMBER_WORDS[word] for word in words if word in NUMBER_WORDS])
    if "%" in prompt or "percent" in prompt:
        numbers.update([Fraction(number, 100) for number in numbers])
    return PromptEvidence(prompt, frozenset(subjects_of(words)), frozenset(numbers), tuple(words))


def _value(answer: str) -> Number | None:
    form = read(answer)
    if not isinstance(form, Scalar) or form.rational is None:
        return None
    return form.rational
