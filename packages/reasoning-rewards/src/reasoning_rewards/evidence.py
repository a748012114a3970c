"""What a trace offers for judging: its steps, words, numbers and equations, gathered once."""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final

from reasoning_rewards.answers.forms import Scalar
from reasoning_rewards.answers.reading import read
from reasoning_rewards.equations import Equation, Number, find_equations
from reasoning_rewards.trace import Trace

MAX_CHARACTERS: Final = 12_000
MAX_SEGMENTS: Final = 400
MAX_PROMPT: Final = 8_000

_SEGMENT: Final = re.compile(r"\n|[.;!?](?=\s|$)")
_WORD: Final = re.compile(r"[\w']+")
_NUMBER: Final = re.compile(r"\d[\d,.]*")
_STEP_LABEL: Final = re.compile(
    r"^\s*(?:(?:step\s*\d+|\(?\d{1,3})\s*[.:)]\s|[-*•]\s)", re.IGNORECASE
)
# `2x + 3 = 11`: algebra is work too, but `x = 42` alone is only a statement.
_ALGEBRA: Final = re.compile(r"\d[a-z]\b|\b[a-z] ?[-+*/^] ?\d|\d ?[-+*/^] ?[a-z]\b")
_NUMBER_WORDS: Final = {
    word: value
    for value, words in enumerate(
        "zero none,one single,two twice double couple half pair,three triple thrice third thirds,"
        "four quarter quarters fourth,five fifth,six,seven,eight,nine,ten,eleven,"
        "twelve dozen,thirteen,fourteen,fifteen,sixteen,seventeen,eighteen,nineteen,"
        "twenty".split(",")
    )
    for word in words.split()
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "hundred": 100, "hour": 60, "week": 7,
     "weeks": 7, "day": 24, "year": 12, "dozens": 12, "thousand": 1000, "percent": 100}  # fmt: skip

CONNECTIVES: Final = frozenset(
    "so then therefore thus hence first firstly second secondly third thirdly next finally because "
    "since now also moreover furthermore consequently accordingly lastly after afterwards however "
    "and but or thereby additionally subsequently besides meanwhile".split()
)
# Words that say something about the work instead of doing it.
_FILLER: Final = frozenset(
    "think thinking step steps let lets verify verified verifying check checked checking double "
    "correct right sure certain answer answers result results final solution solve solved problem "
    "question guess know see below above need find consider carefully again everything here we i "
    "you it is are was were be been the a an of to in on at by for with as that this these those "
    "my our your me us do does did have has had will would can could should must may might not no "
    "yes very really just well ok okay done good great careful proceed continue confidence "
    "confident obviously clearly indeed safe get gets got gives give given equal equals which "
    "what how many much some any all its his her their they he she there out up if".split()
)
_NOT_CONTENT: Final = _FILLER | CONNECTIVES
_VOWELS: Final = re.compile(r"[aeiouyàâäéèêëîïôöûüáíóúAEIOUY]")
_RUN_OF_ONE: Final = re.compile(r"(.)\1{3}")


@dataclass(frozen=True, slots=True)
class PromptEvidence:
    """The content words and the numbers of a prompt, and all its words in order."""

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

    @property
    def last_segment(self) -> str:
        return self.segments[-1] if self.segments else ""


def gather(trace: Trace, prompt: str) -> Evidence:
    """The evidence of a trace; only the first `MAX_CHARACTERS` of the reasoning are looked at."""
    text = trace.reasoning[:MAX_CHARACTERS]
    answer = (trace.answer or "").strip()[:400]
    known = _prompt_evidence(prompt[:MAX_PROMPT])
    parts = _SEGMENT.split(text)[: 2 * MAX_SEGMENTS]
    segments = tuple(part for part in parts if part and not part.isspace())[:MAX_SEGMENTS]
    steps, filler, words, equations, noise = _count_steps(segments, known)
    return Evidence(
        trace=trace,
        prompt=known,
        text=text,
        answer=answer,
        answer_value=_value(answer),
        segments=segments,
        filler_characters=filler,
        words=tuple(words),
        vocabulary=frozenset(words),
        equations=tuple(equations),
        steps=steps,
        noise_words=noise,
    )


@lru_cache(maxsize=256)
def _prompt_evidence(prompt: str) -> PromptEvidence:
    words = _WORD.findall(prompt.casefold())
    numbers: set[Number] = {
        number for token in set(_NUMBER.findall(prompt)) if (number := to_number(token)) is not None
    }
    numbers.update(_NUMBER_WORDS[word] for word in words if word in _NUMBER_WORDS)
    if "%" in prompt or "percent" in prompt:
        numbers.update([Fraction(number, 100) for number in numbers])
    return PromptEvidence(frozenset(_subjects(words)), frozenset(numbers), tuple(words))


def _subjects(words: list[str]) -> set[str]:
    """Content words and numerals: what a step may refer to."""
    return {word for word in words if word not in _NOT_CONTENT}


def grams(words: list[str] | tuple[str, ...]) -> list[tuple[str, ...]]:
    return list(zip(words, words[1:], words[2:], words[3:], strict=False))


def to_number(token: str) -> Number | None:
    """The value of `1,000` or `2.50`; `None` for a date, a version, or too many digits."""
    token = token.rstrip(".,").replace(",", "")
    if token.isdigit():
        return int(token) if len(token) <= 18 else None
    return Fraction(token) if len(token) <= 18 and token.count(".") == 1 else None


def _value(answer: str) -> Number | None:
    form = read(answer)
    if not isinstance(form, Scalar) or form.rational is None:
        return None
    return form.rational


def _count_steps(
    segments: tuple[str, ...], prompt: PromptEvidence
) -> tuple[int, int, list[str], list[Equation], int]:
    seen_words: set[str] = set()
    seen_equations: set[str] = set()
    known: set[Number] = set(prompt.numbers)
    related: set[str] = set(prompt.words)
    all_words: list[str] = []
    all_equations: list[Equation] = []
    steps = filler = noise = 0
    for segment in segments:
        label = _STEP_LABEL.match(segment)
        body = segment[label.end() :] if label else segment
        words = _WORD.findall(body.casefold())
        all_words.extend(words)
        subjects = _subjects(words)
        content = {word for word in subjects if word[0] > "9"}
        garbage = {word for word in content if _is_noise(word)}
        if garbage:
            noise += sum(word in garbage for word in words)
            content -= garbage
        equations = find_equations(body)
        all_equations.extend(equations)
        gained = 0
        for equation in equations:
            if not equation.true or equation.trivial or equation.text in seen_equations:
                continue
            seen_equations.add(equation.text)
            # The numbers come from the prompt or from earlier results, or the words do.
            if (
                not prompt.numbers
                or not known.isdisjoint(equation.operands)
                or not related.isdisjoint(content)
            ):
                gained += 1
                known.update((equation.value, equation.value * 100))
        if not equations:
            new = content - seen_words
            # With a number fewer new words are enough; a step has to do with the question.
            enough = 1 if any(map(str.isdigit, words)) else 3
            if "=" in body and _ALGEBRA.search(body) and body not in seen_equations:
                seen_equations.add(body)
                enough = 0
            related_to = not prompt.words or not related.isdisjoint(subjects)
            gained = int(len(new) >= enough and related_to)
        seen_words |= content
        if gained:
            related |= subjects
        elif not equations:
            filler += len(segment)
        steps += gained
    return steps, filler, all_words, all_equations, noise


@lru_cache(maxsize=16_384)
def _is_noise(word: str) -> bool:
    if not word.isascii():
        return False  # other scripts have other rules
    if len(word) > 24 or (len(word) >= 4 and not _VOWELS.search(word)):
        return True
    return (len(word) >= 5 and len(set(word)) <= 2) or bool(_RUN_OF_ONE.search(word))
