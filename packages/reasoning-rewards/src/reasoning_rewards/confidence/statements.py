"""The confidence that a text states as a value or a level, in the forms that models write it.

`Confidence: 0.8`, `<confidence>80%</confidence>`, `P(correct) = 0.8`, `I am 80% sure`, `there is a
4 in 5 chance that I am right`, `low confidence`. A probability of anything else than of being right
is none: in a probability problem it is the subject.
"""

import re
from collections.abc import Iterator
from typing import Final

from reasoning_rewards.answers.numerals import in_digits

HINTS: Final = (
    *"confi konfi certain certe certi credence correct right wrong sure mistaken".split(),
    *"true false 置信度 信心".split(),
)
"""A statement holds one of these."""
# What a prompt asks for, with nothing else stated before it, needs no further look.
_CANONICAL: Final = re.compile(
    r"(?:(?P<before>.*)\n)?confidence: (?P<number>0?\.\d{1,4}|[01]\.0)\s*", re.DOTALL
)
# Of markup only the text is read. A sentence ends the statement.
_FRACTION: Final = re.compile(r"\\[dt]?frac\s?\{(\d{1,4})\}\s?\{(\d{1,4})\}")
_COMMAND: Final = re.compile(r"\\(?:[a-z]+|(?=[%$])|.)")
_MARKUP: Final = str.maketrans({**dict.fromkeys('*`${}"'), "_": " ", "−": "-"})
# So does a reason: `0.3, because half of …`.
_STATEMENT: Final = re.compile(
    r"(?:(?! (?:because|since|given|considering)\b)[^.;!?\n]|\.(?=\d)|;(?=\s?[\d.]))*"
)
_NUMBER_WORD: Final = re.compile(
    r"\b(?:half|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|"
    r"a hundred)\b"
)

_VALUE: Final = re.compile(
    r"(?<![\w.])(?P<sign>[-+])?"
    r"(?P<number>\d{0,9}\.\d{1,9}(?=,\d)|\d{1,9}(?:\.\d{1,9}|,\d{1,9}(?!\d|[.,]\d))?|\.\d{1,9})"
    r"(?:[)\]\s]{0,2}(?P<percent>%|percent\b|per cent\b|pct\b)"
    r"|[)\]\s]{0,2}(?:/|out of|in|of|on a scale (?:of|from) \d{1,3} ?(?:to|-|–))\s?"
    r"(?P<scale>\d{1,4})(?:\.0)?(?![\w%]|[.,]\d)"
    r"|(?!\w|\.\d)(?:(?<=\.\d)|(?<=\.\d\d)|(?!,\d)))"
)
_RANGE: Final = re.compile(r"\s?(?:-|–|to|and|or)\s?")
# `with confidence, 42`: an adverb rather than the beginning of a statement.
_ADVERB: Final = re.compile(r"\b(?:with|in|of)(?: [a-z]+)?\s\Z")
_PERCENT_ONLY: Final = 10
"""A bare number up to here is on a scale of ten, one above it is a percentage."""
_SCALES: Final = frozenset((5, 10, 100))
"""Denominators that make a fraction a confidence wherever it stands in the statement."""

_LEVELS: Final = {
    "full complete absolute total maximum maximal certain": 1.0,
    "high strong great": 0.9,
    "medium moderate average middling mid": 0.6,
    "low weak poor little limited slight": 0.3,
    "zero": 0.0,
}
_LEVEL_VALUES: Final = {word: value for words, value in _LEVELS.items() for word in words.split()}
_STRONGER: Final = {0.9: 0.95, 0.3: 0.1}
_WEAKER: Final = {0.9: 0.75}
_LEVEL: Final = re.compile(
    r"(?P<denied>(?:not|n't) (?:very |too |so |that |particularly )?)?"
    r"(?P<degree>(?:very|extremely|really|super|fairly|rather|quite|pretty|reasonably|moderately|"
    r"relatively) )?"
    rf"(?P<level>{'|'.join(_LEVEL_VALUES)})(?!\w)"
)
_STRONG: Final = frozenset(("very", "extremely", "really", "super"))

_NOUN: Final = (
    r"(?:confiden(?:ce|cia|za)|confian(?:za|ça|ce)|konfidenz|certainty|certitude|certeza|credence|"
    r"置信度|信心)"
)
# A confidence interval is statistics, and a 95% confidence level is one of a test.
_STATISTICS: Final = r"(?! ?(?:intervals?|limits?|bounds?|bands?|regions?)\b)"
_FILL: Final = r"(?:[\s:：=≈~()\[\]<>|→,']|[-=]>|[–—-](?=\s)|(?<=\w)[–—])"
_JOINTS: Final = (
    r"(?:(?:is|are|was|be|being|as|at|of|about|around|roughly|approximately|approx\.?|only|just|"
    r"least|most|up to|over|nearly|almost|maybe|perhaps|say|between|from|to be|would be|"
    r"estimated|currently|now)\b"
    rf"{_FILL}{{0,4}}){{0,4}}"
)
_CUE: Final = re.compile(
    rf"(?<!\w){_NOUN}(?!\w)(?:{_STATISTICS} (?:level|score|rating|value|estimate|percentage))?"
    rf"{_STATISTICS}(?P<clause> (?:in|that|of|about) (?=[a-z]))?"
    rf"\s{{0,3}}(?P<scale>\((?!\s*[\d.]+\s?%?\s*\))[^()]{{1,30}}\))?{_FILL}{{0,8}}{_JOINTS}"
)
_RIGHT: Final = r"(?P<right>right|correct|true)|(?P<wrong>wrong|mistaken|incorrect|false)"
_SUBJECT: Final = (
    r"(?:(?:that|of|to|for)\s)?(?:(?:i am|i'm|we are|we're|it is|it's|being|be|me being|my being|"
    r"i got (?:it|this)|(?:this|that|it|(?:my|our|the|this|that)(?: final)? "
    r"(?:answer|result|solution|reasoning|calculation|guess))(?: is| being| was| to be)?)\s)?"
    r"(?:actually |indeed |completely |in fact )?"
)
_PROBABILITY: Final = r"(?:probability|likelihood|chances?|odds|possibility)"
_OF_BEING_RIGHT: Final = re.compile(
    rf"\b(?:{_PROBABILITY}\s|pr?\(\s?){_SUBJECT}(?:{_RIGHT})\b{_FILL}{{0,8}}{_JOINTS}"
)
# `80% sure`, `an 80% chance that I am right`: the value comes first.
_BEHIND: Final = re.compile(
    r"\s(?:(?:sure|certain|confident)\b"
    r"|(?:confidence|certainty)\b(?! (?:intervals?|levels?|limits?|bounds?|bands?|regions?)\b)"
    rf"|(?:{_PROBABILITY}|likely)\s(?=[a-z]){_SUBJECT}(?:{_RIGHT})\b)"
)
_CONFIDENT: Final = re.compile(r"\b(?:sure|certain|confident)\s?[(:,–—-]\s?")


def stated_value(tail: str) -> float | None:
    """Return the largest confidence that a text states, in [0, 1]; `None` if it states none.

    Args:
        tail: The end of a trace, case-folded and with plain apostrophes.
    """
    canonical = _CANONICAL.fullmatch(tail)
    if canonical and not any(map((canonical["before"] or "").__contains__, HINTS)):
        return float(canonical["number"])
    text = _FRACTION.sub(r"\1/\2", tail) if "\\" in tail else tail
    text = _COMMAND.sub(" ", text) if "\\" in text else text
    text = _with_digits(text.translate(_MARKUP))
    return max(_statements(text), default=None)


def _with_digits(text: str) -> str:
    """The text with the numbers that are spelled out in digits."""
    text = text.replace("fifty-fifty", "50/50")
    pieces: list[str] = []
    while (word := _NUMBER_WORD.search(text)) is not None:
        rest = text[word.start() :]
        replaced = in_digits(rest)
        if replaced is None:
            pieces.append(text[: word.end()])
            text = text[word.end() :]
            continue
        digits = re.match(r"[-\d/]+", replaced)
        end = digits.end() if digits else 0
        pieces.append(text[: word.start()] + replaced[:end])
        text = replaced[end:]
    return "".join(pieces) + text


def _statements(text: str) -> Iterator[float]:
    for cue in _CUE.finditer(text):
        yield from _behind_cue(text, cue)
        yield from _level_before(text[: cue.start()])
    for cue in _OF_BEING_RIGHT.finditer(text):
        if (first := _value_at(text, cue.end(), direct=True)) is not None:
            yield 1 - first if cue["wrong"] else first
    for match in _VALUE.finditer(text):
        value = _value(match, direct=match["scale"] is not None)
        behind = None if value is None else _BEHIND.match(text, match.end())
        if value is not None and behind is not None:
            yield 1 - value if behind["wrong"] else value
    for cue in _CONFIDENT.finditer(text):
        percent = _VALUE.match(text, cue.end())
        if percent and percent["percent"] and (value := _value(percent, direct=True)) is not None:
            yield value


def _behind_cue(text: str, cue: re.Match[str]) -> Iterator[float]:
    """The values in the statement that a cue begins; without a clause the first may be bare."""
    statement = _STATEMENT.match(text, cue.end())
    end = statement.end() if statement else len(text)
    if cue["clause"] is None:
        level = _level_at(text, cue.end())
        if level is not None:
            yield level
            return
        direct = _ADVERB.search(text[: cue.start()]) is None
        first = _value_at(text, cue.end(), direct, scale=_scale(cue["scale"] or ""))
        if first is None:
            return
        yield first
    for match in _VALUE.finditer(text, cue.end(), end):
        if (value := _value(match, direct=False)) is not None:
            yield value


def _scale(remark: str) -> int | None:
    """The upper end of a scale in brackets: 5 of `(1-5)`, 100 of `(%)`."""
    if "%" in remark or "percent" in remark:
        return 100
    numbers = [int(number) for number in re.findall(r"(?<![\d.])\d{1,4}(?![\d.])", remark)]
    return numbers[-1] if numbers and numbers[-1] > 1 else None


def _value_at(text: str, start: int, direct: bool, scale: int | None = None) -> float | None:
    match = _VALUE.match(text, start)
    if match is None:
        return None
    if _is_bare(match):
        joint = _RANGE.match(text, match.end())
        other = _VALUE.match(text, joint.end()) if joint else None
        if other is not None and not _is_bare(other):  # `10-90%`, `3 or 4 out of 10`
            scale = 100 if other["percent"] else int(other["scale"])
        elif _is_counted(text, match.end()):
            return None
    return _value(match, direct, scale)


def _is_bare(match: re.Match[str]) -> bool:
    return not (match["percent"] or match["scale"])


def _is_counted(text: str, end: int) -> bool:
    """Whether a noun follows: `42 pens` is no confidence."""
    return re.match(r"\s(?!and\b|or\b|to\b|but\b|that\b|because\b|since\b|as\b)[a-z]", text[end:]) \
        is not None  # fmt: skip


def _value(match: re.Match[str], direct: bool, scale: int | None = None) -> float | None:
    """A value in [0, 1]; `None` if it is out of range, or bare where it must not be.

    `direct` says that it stands right behind a cue: `90` and `1` may be confidences there.
    """
    number = float(match["number"].replace(",", "."))
    if match["sign"] == "-":
        return None
    if match["percent"]:
        value = number / 100
    elif match["scale"]:
        denominator = int(match["scale"])
        if denominator == 0 or not (direct or denominator in _SCALES):
            return None
        # `50/50` are even odds.
        value = 0.5 if number == denominator == 50 else number / denominator
    elif scale:
        value = number / scale
    else:
        value = _bare(number, match["number"], direct)
    return value if 0 <= value <= 1 else None


def _bare(number: float, written: str, direct: bool) -> float:
    """`0.9`; right behind a cue also `90` (of a hundred), `9` (of ten) and `1`."""
    is_decimal = not written.isdecimal()
    if number <= 1 and (direct or is_decimal):
        return number
    if not direct or (is_decimal and number <= _PERCENT_ONLY):
        return -1.0
    return number / (10 if number <= _PERCENT_ONLY else 100)


def _level_at(text: str, start: int) -> float | None:
    """The strongest of the levels from here on: `low`, `very high`, `low to medium`."""
    found: list[float] = []
    while (match := _LEVEL.match(text, start)) is not None:
        found.append(_level(match))
        joint = re.compile(r"\s?(?:[-/,–]|to|or|and)\s?").match(text, match.end())
        if joint is None:
            break
        start = joint.end()
    return max(found, default=None)


def _level_before(text: str) -> Iterator[float]:
    """`with low confidence`, `no confidence`."""
    before = text[-40:].rstrip(" ")
    if before == text[-40:]:
        return
    if re.search(r"\bno$", before):
        yield 0.0
    for match in _LEVEL.finditer(before):
        if match.end() == len(before):
            yield _level(match)


def _level(match: re.Match[str]) -> float:
    value = _LEVEL_VALUES[match["level"]]
    degree = (match["degree"] or "").strip()
    if match["denied"]:
        return _LEVEL_VALUES["low"] if value > _LEVEL_VALUES["low"] else value
    changed = _STRONGER if degree in _STRONG else _WEAKER if degree else {}
    return changed.get(value, value)
