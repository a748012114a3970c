"""The conclusion of a sentence: `After 3 days she has 42 dollars` says 42 dollars.

A number counts as said when it is the only one right behind a verb, and every other number belongs
to an adjunct (`after 3 days`, `the 3 friends`). Two verdicts, comparisons and denials say nothing.
"""

import re
from typing import Final

from reasoning_rewards.answers.nouns import is_closed, is_plural
from reasoning_rewards.answers.phrases import RETRACTING

MAX_LENGTH: Final = 300
_TOKEN: Final = re.compile(r"\S+")
_HAS_DIGIT: Final = re.compile(r"\d")
_NUMBER: Final = re.compile(r"[-+]?(?:US\$|[$€£¥₹])?[-+]?\.?\d[^\s]*")
_CURRENCY: Final = re.compile(r"[-+]?(?:US\$|[$€£¥₹]|Rs\.?)")
_WORD: Final = re.compile(r"[(\"]?[A-Za-z][A-Za-z'\-]*[),:\"]*")
_IRREGULAR: Final = frozenset(
    "is are was were be been have has had got made took paid sold bought spent gave ate ran read "
    "won found caught drank drove kept saw grew wrote left lost held cost costs built began swam "
    "rode flew threw sent met became came went fed hid lent drew cut put set did leaves".split()
)
_BARE_SUBJECTS: Final = frozenset("i we you they".split())
_MODALS: Final = frozenset("will would can could shall should must to does did do".split())
_NO_VERBS: Final = frozenset(
    "less plus minus times thus perhaps always unless besides versus across others "
    "used based as its his this hers ours theirs yours class pass minutes "
    "hours days weeks years dollars cents percents numbers pages points steps questions".split()
)
# Between verb and number: `comes to`, `sold for`, `a total of`, `exactly`.
_LINKS: Final = re.compile(
    r"(?:up|out|to|for|with|at|only|just|exactly|about|around|approximately|roughly|a|an|the|total"
    r"|sum|grand|of|equal|now|also|therefore|then|still|approx\.?)"
)
_ADJUNCT: Final = frozenset(
    "in after for on within over per every each the these those all both during until before since "
    "day week month year hour minute step part his her their our my its other first last next of "
    "problem question grade age room bus row".split()
)
_TRAILING_ADJUNCT: Final = frozenset(
    "in after for on within per every each during until before among".split()
)
_SUBTRACTING: Final = re.compile(
    r"\b(?:than|subtract\w*|multipl\w*|divid\w*|exclu\w*|exceed\w*|reject\w*|den(?:y|ies|ied)"
    r"|rul\w* out|least|most|almost|nearly|half|twice|from)\b",
    re.IGNORECASE,
)
_STATEMENT: Final = re.compile(
    r"(?:the|this|that|his|her|its|their|our|my|it|he|she|they|these|those)\b[^.!?;:]{0,140}?"
    r" (?:is|are|was|were)(?: (?:called|named|known as|located|situated))?(?: (?:at|in|on))? "
    r"(?P<said>[^.!?;:]{1,80})",
    re.IGNORECASE,
)
_NAMED: Final = re.compile(
    r"(?P<said>\([^()]{1,60}\)|(?!The |This |That |It |He |She |They |There |A |An )"
    r"[A-Z][\w'.-]*(?: [A-Z][\w'.-]*){0,3}) (?:is|are|was|were) (?:the|a|an) [^.!?;:]{1,140}"
)
_MAX_SAID_WORDS: Final = 6


def number_said(text: str) -> str | None:
    """From the number that a sentence concludes with (and its unit), or `None`."""
    if len(text) > MAX_LENGTH or not text[:1].isalpha() or not _HAS_DIGIT.search(text):
        return None
    tokens = list(_TOKEN.finditer(text))
    words = [token.group() for token in tokens]
    said: int | None = None
    end = len(text)
    index = 0
    while index < len(words):
        word = words[index]
        if not _HAS_DIGIT.search(word):
            if not (_WORD.fullmatch(word) or _CURRENCY.fullmatch(word) or word.endswith(".")):
                return None
            index += 1
            continue
        if not _NUMBER.fullmatch(word):
            return None
        before = index - (index > 0 and bool(_CURRENCY.fullmatch(words[index - 1])))
        if said is None and _behind_verb(words, before):
            said = before
        elif said is not None and words[before - 1].casefold() in _TRAILING_ADJUNCT:
            end = min(end, tokens[before - 1].start())
        elif said is not None or words[before - 1].casefold() not in _ADJUNCT:
            return None
        index += 1
        while index < len(words) and re.fullmatch(r"\d+/\d+[.,]?", words[index]):
            index += 1  # a mixed number
    if said is None or RETRACTING.search(text) or _SUBTRACTING.search(text):
        return None
    return text[tokens[said].start() : end].strip()


def _behind_verb(words: list[str], index: int) -> bool:
    while index > 1 and _LINKS.fullmatch(words[index - 1].casefold()):
        index -= 1
    if index == 0:
        return False
    word = words[index - 1].casefold()
    if word in _IRREGULAR:
        return True
    if index < 2 or word in _NO_VERBS or not word.isalpha():
        return False
    before = words[index - 2].casefold()
    if before in _MODALS or before in _BARE_SUBJECTS:
        return True
    if is_plural(before) and not is_closed(word) and word not in _ADJUNCT:
        return True
    return len(word) > 3 and word.endswith(("s", "ed")) and not word.endswith(("ss", "us"))


def conclusions(text: str) -> list[str]:
    """What a short statement says: `Canberra` of `The capital of Australia is Canberra.`"""
    if len(text) > MAX_LENGTH or RETRACTING.search(text):
        return []
    found = [
        match["said"] for match in (_STATEMENT.fullmatch(text), _NAMED.fullmatch(text)) if match
    ]
    return [said for said in found if len(said.split()) <= _MAX_SAID_WORDS]
