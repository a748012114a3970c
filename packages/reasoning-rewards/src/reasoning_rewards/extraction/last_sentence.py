"""What the end of a solution without an announced answer says: a value in its last sentence."""

import re
from typing import Final

from reasoning_rewards.answers.forms import Clock, Form, Group, Measure, Ratio, Scalar, Text
from reasoning_rewards.answers.phrases import RETRACTING
from reasoning_rewards.answers.reading import read
from reasoning_rewards.answers.sentences import conclusions, number_said

_LONGEST: Final = 400
_VERDICTS: Final = frozenset(("yes", "no"))
_NUMBER: Final = re.compile(
    r"(?<![\w.])(?:(?<![\d:])\d{1,2}:[0-5]\d(?!\d)(?: ?(?i:[ap]\.?m)\b)?"
    r"|[-−–]?(?:US\$|[$€£])?[-−]?(?:\d{1,3}(?: \d{3})+(?![\d-])|\d[\d,]{0,40})"
    r"(?:\.\d{1,40})?(?:/\d{1,20})?%?|[-−]?[$€£]?\.\d{1,40}%?)"
)
_FORMULA: Final = re.compile(r"\\(?:[dt]?frac|sqrt|pi|binom)\b")
# The point of `2. Check it.` ends no sentence.
_SENTENCE: Final = re.compile(
    r"(?<=[.!?])(?<!\n\d\.)(?<!\n\d\d\.)(?:\*\*|\$)?\s+(?=[A-Z*$(\\✅])|\n+"
)
# A reason behind the conclusion; `since she has 40, they last …` is in front of it.
_REASON: Final = re.compile(r",? (?:because|given that|since(?! [^,]*, ))\b", re.IGNORECASE)
_DENIED: Final = re.compile(r"\b(?:answer|result) (?:is not|isn't|cannot be)\b", re.IGNORECASE)
# `That is 3 more than Tom` remarks on what was said before.
_COMPARISON: Final = re.compile(
    r"(?:that|this|which)(?: is|'s) [^=]*\b(?:more|less|fewer|\w{2,}er|times) [^=]*\bthan\b",
    re.IGNORECASE,
)
# `It is 42, not 43.`
_INSTEAD: Final = re.compile(
    r",? (?:rather than|instead of)\b|, (?:and |but )?not\b", re.IGNORECASE
)
_REMARK: Final = re.compile(
    r"(?:, (?:which|who|that) (?:is|was|are)|\s\()[^,()]*\b(?:more|less|fewer|\w{2,}er)\b"
    r"[^,()]*\bthan\b.*$",
    re.IGNORECASE,
)
# `Step 2: …` and `2. …` number the sentence.
_LABEL: Final = re.compile(
    r"[\s*#]*(?:(?:step|part)\s?\d{1,2}\b[:.)]*|\d{1,2}[.)])\s+", re.IGNORECASE
)
_CONNECTIVE: Final = re.compile(
    r"(?:a: |(?:so|thus|hence|therefore|then|finally),? |(?:i|we)(?:'d| would| will)? "
    r"(?:choose|pick|select|go with) )+",
    re.IGNORECASE,
)
_SEVERAL: Final = re.compile(r"(?:[-−(\[{$]{0,2}\d|\(-)[^=]*|[a-z] = [-−]?\d.*")
_WORDS: Final = re.compile(r"[A-Za-z]{2,}")
_MAX_WORDS: Final = 4
_VERB: Final = re.compile(r"\b(?:is|are|be|takes?|equals?|at)\b\s*", re.IGNORECASE)
_EQUAL: Final = re.compile(r"(?:=|≈)\s*(?:\\?[$*_({\[]|\\\(|\\text)*\s*")
_ADJUNCT: Final = re.compile(
    r"[, ]\s?(?:in|for|after|within|on|over|per|every|each|until|by|during|from|of|to be|than|"
    r"among|between|before|out of|with)\s[^=]*?\d[^=]*$",
    re.IGNORECASE,
)

_JOINT: Final = re.compile(r"[,;(–—]| (?:and|which|with|as|so|in)\b")


def concluded(text: str) -> str | None:
    """Return what the end of a text says, or `None` if it says nothing.

    That is a choice or a verdict on the last line, what the last sentence with a number says, or
    without any number what the last sentence calls something.
    """
    sentences = [sentence for sentence in _SENTENCE.split("\n" + text[-2_000:]) if sentence.strip()]
    if not sentences:
        return None
    if picked := _picked(text.rstrip().rpartition("\n")[2]):
        return picked
    counted = [
        plain
        for sentence in sentences
        if _NUMBER.search(plain := _LABEL.sub("", sentence[-_LONGEST:], count=1))
        and not _DENIED.search(plain)
    ]
    if not counted:
        return None if _NUMBER.search(text) else _named(sentences[-1])
    last = counted.pop()
    if counted and _COMPARISON.match(last.lstrip(" *")):
        last = counted.pop()
    return _said(last.strip())


def _bare(sentence: str) -> str:
    """A sentence without markup, full stop and connective."""
    plain = sentence.strip("*_ \t").rstrip(".!*_ ")
    connective = _CONNECTIVE.match(plain)
    return plain[connective.end() :] if connective else plain


def _picked(line: str) -> str | None:
    """`B` of `So I choose B.`; `Yes, because 17 is prime`."""
    bare = _bare(line)
    form = read(bare) if 0 < len(bare) <= _LONGEST else None
    return bare if isinstance(form, Text) and (form.label or form.canonical in _VERDICTS) else None


def _named(sentence: str) -> str | None:
    """`Canberra` of `The capital of Australia is Canberra.`"""
    return next(iter(conclusions(_bare(sentence))), None)


def _several(sentence: str) -> str | None:
    """The list, tuple, ratio or measure that a sentence ends in: `(3, -4)`, `3:2`, `3 h 20 min`."""
    bare = _bare(sentence)
    for start in (0, *(match.end() for match in _VERB.finditer(bare))):
        said = bare[start:]
        if not _SEVERAL.fullmatch(said) or len(_WORDS.findall(said)) > _MAX_WORDS:
            continue
        form = read(said)
        if isinstance(form, Measure | Clock | Ratio) or (
            isinstance(form, Group)
            and all(isinstance(item, Scalar) and item.literal for item in form.items)
        ):
            return said
    return None


def _said(sentence: str) -> str | None:
    for pattern in (_REASON, _REMARK, _INSTEAD):
        behind = pattern.search(sentence)
        if behind is not None and _NUMBER.search(sentence, 0, behind.start()):
            sentence = sentence[: behind.start()]
    if (several := _several(sentence)) is not None:
        return several
    if (formula := _formula(sentence)) is not None:
        return formula
    equal = list(_EQUAL.finditer(sentence))
    if equal:
        value = _NUMBER.match(sentence, equal[-1].end())
        if value is not None and "," not in sentence[value.end() :]:
            return _plain(value.group())
    plain = sentence.strip("*_ ").rstrip(".!")
    said = number_said(plain)
    if said is not None and (value := _NUMBER.match(said)) is not None:
        return _plain(value.group())
    plain = _before_enumeration(plain)
    while (adjunct := _ADJUNCT.search(plain)) and _NUMBER.search(plain, 0, adjunct.start()):
        plain = plain[: adjunct.start()]
    numbers = _NUMBER.findall(plain)
    return _plain(numbers[-1]) if numbers else None


def _before_enumeration(sentence: str) -> str:
    """`12 pets` of `12 pets: 4 dogs, 5 cats and 3 birds`; other sentences as they are."""
    said, _, members = sentence.partition(": ")
    listed = re.split(r", | and ", members)
    counted = len(listed) > 1 and "=" not in members and all(map(_NUMBER.search, listed))
    return said if counted and _NUMBER.search(said) else sentence


def _formula(sentence: str) -> str | None:
    """What follows the last verb or sign in a sentence that ends in a formula."""
    if not _FORMULA.search(sentence):
        return None
    said = re.split(r"\b(?:is|are|equals|be)\b|[=:≈]", sentence)[-1].strip(" .*_")
    return said if said and _is_value(read(said)) else None


def value_ahead(said: str) -> str | None:
    """Return the value that a phrase begins with, `None` if it begins with none or takes it back.

    `42, which is more than 40` begins with 42; `42 or 43` is no value.
    """
    value = _NUMBER.match(said.lstrip("*_ "))
    if value is None or RETRACTING.search(said):
        return None
    for joint in _JOINT.finditer(said):
        before = said[: joint.start()].strip()
        if before and _is_value(read(before)):
            return before
    return None


def _is_value(form: Form | None) -> bool:
    return form is not None and not isinstance(form, Text)


def _plain(number: str) -> str:
    return number.rstrip(",")
