"""The confidence that a trace states, and the quadratic score (Brier 1950) that it earns.

ĉ comes from the last lines of the reasoning. A completion that was asked for a confidence has to
state one (`stated_confidence`). Of one that was not asked, the strongest epistemic marker near the
conclusion counts where nothing is stated, and `UNMARKED` where there is none either
(`presumed_confidence`). Several markers count as the strongest of them: a hedge beside an assertion
must not make the assertion cheaper. The score `1 - (ĉ - y)²` is proper: on the grid of the possible
ĉ nothing earns more in expectation than one's true probability of being right. That is at least
.75 for every probability, so silence that earns nothing never pays better than an honest statement.
"""

import re
from typing import Final

from reasoning_rewards.confidence.statements import HINTS, stated_value
from reasoning_rewards.seen_words import SeenWords

UNMARKED: Final = 0.85
GRID: Final = (0.01, *(step / 20 for step in range(1, 20)), 0.99)
_CANONICAL: Final = re.compile(
    r"\bconfidence: ?(?:0?\.\d{1,4}|[01](?:\.\d{1,4})?|\d{1,3} ?%)(?![\w%]|[.,]\d)[.\"')]{0,2}"
    r"|<confidence>[^<>\n]{0,20}</confidence>",
    re.IGNORECASE,
)
_ASKS: Final = re.compile(
    r"\bconfidence ?[:=]|<confidence>"
    r"|\b(?:your|state|give|report|express|with|a) (?:\w+ )?confidence\b"
    r"(?! (?:intervals?|levels?|limits?|bounds?|bands?|regions?)\b)",
    re.IGNORECASE,
)
_TAIL_LINES: Final = 3
_TAIL_CHARACTERS: Final = 400

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
        "think believe suppose seem i'd appear moderately somewhat",
        r"\b(?:i think|i believe|i suppose|it seems|seems to be|i'd say|appears to be"
        r"|(?:moderately|somewhat) (?:sure|certain|confident))\b",
    ),
    (
        0.5,
        "may might could perhaps possib",
        r"\b(?:maybe|perhaps|possibly)\b|\b(?:i|we) (?:might|may|could) be (?:wrong|mistaken|right)"
        r"|\b(?:answer|result|it|this|that) (?:might|may|could) (?:well )?be\b",
    ),
    (
        0.25,
        "guess shot",
        r"\b(?:i(?: will|'ll)?|(?:my|just|only|wild|random|best|an?)(?: [a-z]+){0,2}) guess\b"
        r"|\b(?:guessing|guesswork|shot in the dark)\b",
    ),
)  # fmt: skip
_MARKER_PATTERNS: Final = tuple(
    (value, frozenset(hints.split()), re.compile(pattern)) for value, hints, pattern in _MARKERS
)
# A pattern is tried only where one of its hints occurs: most traces are done after the look.
_STATED_HINTS: Final = frozenset(HINTS)
_UNSURE_HINTS: Final = frozenset("sure certain confident positive idea clue say know".split())
_HINTS: Final = _STATED_HINTS.union(_UNSURE_HINTS, *(hints for _, hints, _ in _MARKER_PATTERNS))
_HINT: Final = re.compile("|".join(sorted(hint for hint in _HINTS if hint.isalpha())))
_SILENT: Final = SeenWords()
_SHORT_NUMERAL: Final = 3  # digits; there are not too many of them to remember


def confidence_score(stated: float, correctness: float) -> float:
    """`1 - (ĉ - y)²` with y the correctness in [0, 1]; ĉ in [0, 1]."""
    return 1.0 - (stated - correctness) ** 2


def stated_confidence(reasoning: str) -> float | None:
    """The value or level that a trace states, on `GRID`; `None` if it states none."""
    tail = _tail(reasoning)
    if not any(hint in tail for hint in _STATED_HINTS):
        return None
    stated = stated_value(tail)
    return None if stated is None else to_grid(stated)


def presumed_confidence(reasoning: str, vocabulary: frozenset[str] | None = None) -> float:
    """ĉ of a trace that was not asked: what it states, else its markers, else `UNMARKED`.

    Args:
        reasoning: The text of the reasoning.
        vocabulary: Its case-folded words (`words_of`), where the caller has them: a faster look.
    """
    if vocabulary is not None and reasoning.isascii() and _says_nothing(vocabulary):
        return UNMARKED
    tail = _tail(reasoning)
    hints = set(filter(tail.__contains__, _HINTS))
    if not hints:
        return UNMARKED
    stated = None if _STATED_HINTS.isdisjoint(hints) else stated_value(tail)
    said = _lexical(tail, hints) if stated is None else stated
    return UNMARKED if said is None else to_grid(said)


def asks_for_confidence(prompt: str) -> bool:
    """Whether a prompt asks to state a confidence, as `Confidence: 0.8` or in words."""
    return "onfidence" in prompt.casefold() and _ASKS.search(prompt) is not None


def without_statements(text: str) -> str:
    """Leave out confidences in the canonical forms: their numbers are none of the problem's."""
    return _CANONICAL.sub("", text) if "onfidence" in text.casefold() else text


def to_grid(value: float) -> float:
    """The nearest multiple of .05, clipped to [.01, .99]."""
    return min(max(round(value * 20) / 20, GRID[0]), GRID[-1])


def _says_nothing(vocabulary: frozenset[str]) -> bool:
    """Whether no word of an ASCII text holds a hint; new words are looked at once."""
    unknown = vocabulary - _SILENT
    if not unknown or max(unknown) < ":":  # numerals alone
        return True
    # Of `i'd` and the like the part behind the quotation mark may be the hint.
    joined = " ".join(unknown)
    if "'d" not in joined and not _HINT.search(joined):
        _SILENT.remember({word for word in unknown if word >= ":" or len(word) <= _SHORT_NUMERAL})
        return True
    loud = {word for word in unknown if "'d" in word or _HINT.search(word)}
    _SILENT.remember({word for word in unknown - loud if word >= ":"})
    return False


def _tail(reasoning: str) -> str:
    """The last non-blank lines, case-folded and with plain apostrophes."""
    text = reasoning[-2 * _TAIL_CHARACTERS :].rstrip()
    if "\n\n" in text or "\r" in text:
        text = "\n".join(line for line in text.splitlines() if line.strip())
    tail = "\n".join(text.rsplit("\n", _TAIL_LINES)[-_TAIL_LINES:])
    return tail[-_TAIL_CHARACTERS:].replace("’", "'").casefold()


def _lexical(tail: str, hints: set[str]) -> float | None:
    rest = tail if _UNSURE_HINTS.isdisjoint(hints) else _UNSURE.sub(" ", tail)
    found = [
        value
        for value, needed, pattern in _MARKER_PATTERNS
        if not needed.isdisjoint(hints) and pattern.search(rest)
    ]
    if rest != tail:
        found.append(UNSURE)
    return max(found, default=None)
