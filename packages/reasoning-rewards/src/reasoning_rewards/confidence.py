"""The confidence that a trace states, and the quadratic score (Brier 1950) that it earns.

ĉ comes from the last lines of the reasoning: a stated value if there is one, else the strongest
epistemic marker near the conclusion. Several
markers count as the strongest of them: a hedge beside an assertion must not make the assertion
cheaper. The score `1 - (ĉ - y)²` is proper: on the grid of the
possible ĉ nothing earns more in expectation than one's true probability of being right.
"""

import re
from typing import Final

UNMARKED: Final = 0.85
GRID: Final = (0.01, *(step / 20 for step in range(1, 20)), 0.99)
_TAIL_LINES: Final = 3
_TAIL_CHARACTERS: Final = 400

# `Confidence: 0.8`, `my confidence in this answer is 80%`, `certainty = 8/10`, `I am 90% sure`. A
# bare "probability" is none: in a probability problem it is the subject.
_STATED: Final = re.compile(
    r"\b(?:confidence|certainty|credence|probability (?:that|of) [a-z' ]{1,30}(?:right|correct))"
    r"(?: level| score| rating)?(?: (?:in|of|that) [a-z' ]{1,40}?)?"
    r"\s{0,3}(?:\([^()]{1,20}\))?\s{0,3}(?:(?:is|at|of|about|[:=≈~*])\s{0,3}){0,5}"
    r"(?P<value>[-+]?[.\d][\w.,]{0,20}(?:\s?(?:/|out of)\s?\d{1,4})?\s?(?:%|percent)?)"
    r"|(?P<percent>(?<![\w.])[-+]?\d{1,3}(?:\.\d{1,4})?\s?(?:%|percent)) "
    r"(?:sure|certain|confident|confidence|certainty)"
)
_VALUE: Final = re.compile(
    r"(?P<number>[-+]?(?:\d{1,9}(?:\.\d{1,9})?|\.\d{1,9}))"
    r"(?:\s?(?:/|out of)\s?(?P<scale>\d{1,4})|\s?(?P<percent>%|percent))?"
)
# `Confidence: 0.1 and 0.9`: a second value right behind the first.
_ANOTHER: Final = re.compile(
    r"\s{0,3}(?:(?:and|or|to|but|then|maybe|[,;&|–-])\s{1,3}){1,2}"
    r"(?P<value>[.\d][\w.]{0,20}(?:\s?(?:/|out of)\s?\d{1,4})?\s?(?:%|percent)?)"
)
# A denial of certainty is looked for first and taken out: "not absolutely certain" contains
# "absolutely certain".
_UNSURE: Final = re.compile(
    r"\b(?:not|n't|never|hardly|isn't|aren't|can't be|cannot be) "
    r"(?:(?:at all|entirely|completely|absolutely|so|very|really|quite|too|100%|fully|be) )*"
    r"(?:sure|certain|confident|positive)\b|\b(?:unsure|uncertain|no idea|hard to say|no clue)\b"
    r"|\bi (?:don't|do not) know\b|\bn't (?:sure|certain)\b"
)
UNSURE: Final = 0.35
_MARKERS: Final = (
    (
        0.97,
        "certain sure confident positive definite doubt",
        r"\b(?:(?:i am|i'm|am|absolutely|completely|totally|quite|very|100%)"
        r" (?:certain|sure|confident|positive)"
        r"|(?:certain|sure) (?:that|of)|certainly|definitely|undoubtedly|surely|no doubt"
        r"|without (?:any |a )?doubt|with certainty)\b",
    ),
    (
        0.75,
        "probab presum sure certain confident likely",
        r"\b(?:probably|presumably)\b"
        r"|\b(?:fairly|pretty|rather|reasonably) (?:sure|certain|confident)\b"
        r"|(?<!as )(?<!how )(?<!equally )(?<!more )(?<!less )\blikely\b",
    ),
    (
        0.65,
        "think believe suppose seem i'd appear",
        r"\b(?:i think|i believe|i suppose|it seems|seems to be|i'd say|appears to be)\b",
    ),
    (
        0.5,
        "may might could perhaps possib",
        r"\b(?:maybe|perhaps|possibly)\b|\b(?:i|we) (?:might|may|could) be (?:wrong|mistaken|right)"
        r"|\b(?:answer|result|it|this|that) (?:might|may|could) (?:well )?be\b",
    ),
    (
        0.25,
        "guess",
        r"\b(?:i(?: will|'ll)?|my|just an?|just|wild|random|best|only an?|an?) guess\b"
        r"|\bguessing\b",
    ),
)  # fmt: skip
_MARKER_PATTERNS: Final = tuple(
    (value, frozenset(hints.split()), re.compile(pattern)) for value, hints, pattern in _MARKERS
)
# A pattern is tried only where one of its hints occurs: most traces are done after the look.
_STATED_HINTS: Final = frozenset("confiden certain credence probability sure".split())
_UNSURE_HINTS: Final = frozenset("sure certain confident positive idea clue say know".split())
_HINTS: Final = _STATED_HINTS.union(_UNSURE_HINTS, *(hints for _, hints, _ in _MARKER_PATTERNS))


def confidence_score(stated: float, correctness: float) -> float:
    """`1 - (ĉ - y)²` with y the correctness in [0, 1]; ĉ in [0, 1]."""
    return 1.0 - (stated - correctness) ** 2


def stated_confidence(reasoning: str) -> float:
    """ĉ of a trace, on `GRID`."""
    tail = _tail(reasoning)
    hints = set(filter(tail.__contains__, _HINTS))
    if not hints:
        return UNMARKED
    stated = None if _STATED_HINTS.isdisjoint(hints) else _largest_stated(tail)
    if stated is not None:
        return to_grid(stated)
    return to_grid(_lexical(tail, hints))


def to_grid(value: float) -> float:
    """The nearest multiple of .05, clipped to [.01, .99]."""
    return min(max(round(value * 20) / 20, GRID[0]), GRID[-1])


def _tail(reasoning: str) -> str:
    """The last non-blank lines, case-folded and with plain apostrophes."""
    text = reasoning[-2 * _TAIL_CHARACTERS :].rstrip()
    if "\n\n" in text or "\r" in text:
        text = "\n".join(line for line in text.splitlines() if line.strip())
    tail = "\n".join(text.rsplit("\n", _TAIL_LINES)[-_TAIL_LINES:])
    return tail[-_TAIL_CHARACTERS:].replace("’", "'").casefold()


def _largest_stated(tail: str) -> float | None:
    values: list[float] = []
    for match in _STATED.finditer(tail):
        value = _read(match["value"] or match["percent"])
        following = _ANOTHER.match(tail, match.end())
        while value is not None:
            values.append(value)
            value = _read(following["value"]) if following else None
            following = _ANOTHER.match(tail, following.end()) if following else None
    return max(values, default=None)


def _read(text: str) -> float | None:
    """A value in [0, 1], or `None` when out of range, not finite or not a number at all."""
    match = _VALUE.fullmatch(text.strip().rstrip(".,"))
    if match is None:
        return None
    value = float(match["number"])
    if match["percent"]:
        value /= 100
    elif match["scale"]:
        scale = int(match["scale"])
        if scale == 0:
            return None
        value /= scale
    return value if 0 <= value <= 1 else None


def _lexical(tail: str, hints: set[str]) -> float:
    rest = tail if _UNSURE_HINTS.isdisjoint(hints) else _UNSURE.sub(" ", tail)
    found = [
        value
        for value, needed, pattern in _MARKER_PATTERNS
        if not needed.isdisjoint(hints) and pattern.search(rest)
    ]
    if rest != tail:
        found.append(UNSURE)
    return max(found, default=UNMARKED)
