"""What a trace offers for judging: its steps, words, numbers and equations, gathered once."""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from reasoning_rewards.answers.forms import Form, Scalar
from reasoning_rewards.answers.reading import read
from reasoning_rewards.completions.trace import Trace
from reasoning_rewards.confidence.scoring import without_statements
from reasoning_rewards.equations.arithmetic import Number, ratio
from reasoning_rewards.equations.checking import Equation
from reasoning_rewards.equations.notation import read_plain
from reasoning_rewards.equations.vocabulary import words_of
from reasoning_rewards.structure.lexicon import NUMBER_WORDS, numbers_in, numbers_named, subjects_of
from reasoning_rewards.structure.quantities import QUANTITY_WORDS, Question, question_of
from reasoning_rewards.structure.steps import StepCounter

MAX_CHARACTERS: Final = 12_000
MAX_SEGMENTS: Final = 400
MAX_PROMPT: Final = 8_000
# Words that say how many, or in which unit.
_COUNTED: Final = NUMBER_WORDS | QUANTITY_WORDS

# Beginning with one set of characters, not with alternatives, it searches three times as fast.
_SEGMENT: Final = re.compile(r"[\n.;!?](?:(?<=\n)|(?=\s|$))")


class PromptEvidence(NamedTuple):
    """A prompt, its subjects and numbers, and all its words: in order, and each once."""

    text: str
    subjects: frozenset[str]
    numbers: frozenset[Number]
    words: tuple[str, ...]
    vocabulary: frozenset[str]
    question: Question


class Evidence(NamedTuple):
    """Everything that a rubric item may look at. (A tuple is made three times as fast.)

    `form` is what the reader of answers makes of the answer, `answer_value` its number if it is
    one.
    `vocabulary` are the different words. `steps` counts the content-bearing steps: segments with
    something new, or new true equations. `segments` are the sentences or lines;
    `filler_characters` is the length of those that carry nothing.
    """

    trace: Trace
    prompt: PromptEvidence
    text: str
    answer: str
    form: Form | None
    answer_value: Number | None
    segments: tuple[str, ...]
    filler_characters: int
    words: tuple[str, ...]
    vocabulary: frozenset[str]
    equations: tuple[Equation, ...]
    steps: int
    noise_words: int


def gather(trace: Trace, prompt: str) -> Evidence:
    """The evidence of a trace; only the first `MAX_CHARACTERS` of the reasoning are looked at.

    A stated confidence is no part of the work, nor its number one of the problem's.
    """
    text, words, vocabulary = read_plain(without_statements(trace.reasoning[:MAX_CHARACTERS]))
    answer = (trace.answer or "").strip()[:400]
    form, value = _answer(answer)
    known = _prompt_evidence(without_statements(prompt[:MAX_PROMPT]))
    parts = _SEGMENT.split(text)[: 2 * MAX_SEGMENTS]
    segments = [part for part in parts if part and not part.isspace()]
    if len(parts) > MAX_SEGMENTS:
        segments, words = segments[:MAX_SEGMENTS], None
    counter = StepCounter(
        known.subjects, known.numbers, answer=answer.casefold(), computes=value is not None
    )
    counter.count_all(segments, words, vocabulary)
    return Evidence(
        trace,
        known,
        text,
        answer,
        form,
        value,
        tuple(segments),
        counter.filler,
        tuple(counter.words),
        counter.vocabulary,
        tuple(counter.equations),
        counter.count,
        counter.noise,
    )


@lru_cache(maxsize=256)
def _prompt_evidence(prompt: str) -> PromptEvidence:
    words = words_of(prompt)
    vocabulary = frozenset(words)
    counted = vocabulary & _COUNTED
    numbers = numbers_in(prompt)
    numbers.update(numbers_named(counted))
    if "%" in prompt or "percent" in prompt:
        numbers.update(list(map(_hundredth, numbers)))
    subjects = subjects_of(vocabulary)
    question = question_of(prompt, counted)
    numbers.update(*question.quantities)
    return PromptEvidence(prompt, subjects, frozenset(numbers), tuple(words), vocabulary, question)


@lru_cache(maxsize=1024)
def _hundredth(number: Number) -> Number:
    return ratio(number.numerator, number.denominator * 100)


@lru_cache(maxsize=1024)
def _answer(text: str) -> tuple[Form | None, Number | None]:
    """What the reader of answers makes of an answer, and its number if it is one."""
    form = read(text)
    if not isinstance(form, Scalar) or (value := form.rational) is None:
        return form, None
    return form, ratio(value.numerator, value.denominator)
