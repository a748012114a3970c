r"""What a piece of reasoning states: numbers, formulas, and its conclusion.

This module only extracts candidate values; reasoning-rewards decides whether one of them is the
answer. That is how a gold `(3,-4)` is found in "the point is (3, -4)", and `2\sqrt{3}` in
"a height of 2√3".
"""

import re
from collections.abc import Iterator
from itertools import chain, islice

from reasoning_data.answers.boxes import boxed_answer, last_boxes

# A number as people write it: sign, currency, thousands in groups, decimals, a fraction, percent.
NUMBER = re.compile(
    r"(?<![\w.])[-\u2212]?[$\u20ac\u00a3]?"
    r"(?:\d{1,3}(?: \d{3})+(?!\d)|\d(?:[\d,]*\d)?)(?:\.\d+)?(?:/\d+)?%?"
    r"|(?<![\w.])[-\u2212]?\.\d+%?"
)
SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n+")
FORMULA = re.compile(
    r"\$\$(.{1,400}?)\$\$|\$([^$\n]{1,400})\$|\\\((.{1,400}?)\\\)|\\\[(.{1,400}?)\\\]", re.DOTALL
)
# Words of two letters and more end a run of mathematics, but for those that belong to it.
PROSE = re.compile(
    r"(?<![\\A-Za-z\d])"
    r"(?!(?:and|or|to|sqrt|pi|sin|cos|tan|log|ln|mod|am|pm|percent|minus|negative)\b)"
    r"[A-Za-z]{2,}(?:['\u2019][A-Za-z]+)?"
)
RELATION = re.compile(r"(?<![<>!=])=(?![=>])|[\u2248\u2192\u21d2:]|\\(?:approx|implies|to)\b")
JOINT = re.compile(r",|;|\b(?:and|or)\b")
JOINT_WORD = re.compile(r"\b(?:and|or)\b")
EDGES = " \t.,;:!?*\"'"
WITH_UNIT = re.compile(rf"(?:{NUMBER.pattern}) ?[A-Za-z]+(?:[ -][A-Za-z]+)?")
SPELLED = re.compile(r"[A-Za-z]+(?:[ -][A-Za-z]+){0,5}")
LEADING = re.compile(r"(?:and|or|to|[aA]) (?=\S)")
ANNOUNCED = re.compile(
    r"(?:\banswers?\b(?: to [^.:]{1,60}?)?(?: would be| is| are|\s*[:=])+|####)\s*(?P<said>.+)",
    re.IGNORECASE,
)
REASON = re.compile(r",? (?:because|since|as|though|although|which|while|where|so)\b.*", re.DOTALL)
APPROXIMATE = re.compile(r"\b(?:about|approximately|around|roughly|nearly)\b|\u2248|\\approx|~")

TAIL = 400
MAX_TEXT = 20_000
MAX_STATEMENT = 300
MAX_VALUES = 1000


def numbers(text: str) -> list[str]:
    """Return the numbers of a text, in order."""
    return NUMBER.findall(text)


def sentences(text: str) -> list[str]:
    """Return the sentences and lines in the last `MAX_TEXT` characters of a text, in order."""
    parts = SENTENCE_END.split(text[-MAX_TEXT:])
    return [part.strip() for part in parts if part.strip()]


def conclusion(text: str) -> str:
    """Return the answer that a text states at its end, in a box or in words, or ''.

    An approximation ("the answer is about 0.33") does not count.
    """
    tail = text[-TAIL:]
    if boxes := last_boxes(tail):
        return boxed_answer(boxes)
    last = (sentences(tail) or [""])[-1]
    found = ANNOUNCED.search(last)
    if found is None or APPROXIMATE.search(last):
        return ""
    return REASON.sub("", found["said"]).strip(EDGES)


def values(text: str) -> Iterator[str]:
    """Yield everything in a text that may be a value, last sentence first, at most `MAX_VALUES`."""
    found = chain.from_iterable(map(_of_sentence, reversed(sentences(text))))
    return islice(found, MAX_VALUES)


def late_values(text: str, count: int) -> Iterator[str]:
    """Yield the candidate values of the last `count` sentences, last sentence first."""
    found = chain.from_iterable(map(_of_sentence, reversed(sentences(text)[-count:])))
    return islice(found, MAX_VALUES)


def _of_sentence(sentence: str) -> Iterator[str]:
    seen: set[str] = set()
    for value in _candidates(sentence):
        if value and len(value) <= MAX_STATEMENT and value not in seen:
            seen.add(value)
            yield value


def _candidates(sentence: str) -> Iterator[str]:
    yield sentence.strip(EDGES)
    for formula in FORMULA.finditer(sentence):
        yield from _parts(next(filter(None, formula.groups())))
    for run in PROSE.split(sentence.replace("$", " $")):
        yield from _parts(run)
    yield from WITH_UNIT.findall(sentence)
    for words in SPELLED.findall(sentence):
        yield from _spelled(words.split())


def _parts(run: str) -> Iterator[str]:
    """Yield a run of mathematics, the sides of its equations, and the members of its lists."""
    whole = run.strip(EDGES)
    yield whole
    yield LEADING.sub("", whole, count=1)
    sides = [side.strip(EDGES) for side in RELATION.split(whole)]
    if len(sides) > 1:
        yield from sides
    for side in sides:
        members = JOINT.split(side)
        if len(members) > 1:
            yield from (member.strip(EDGES) for member in members)
            yield from (member.strip(EDGES) for member in JOINT_WORD.split(side))


def _spelled(words: list[str]) -> Iterator[str]:
    for length in (1, 2, 3):
        for start in range(len(words) - length + 1):
            yield " ".join(words[start : start + length])
