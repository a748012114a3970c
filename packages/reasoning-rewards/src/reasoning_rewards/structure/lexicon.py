"""Words and numbers of a text: which carry content, which only connect, which are noise."""

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Final

from reasoning_rewards.equations.arithmetic import Number
from reasoning_rewards.equations.vocabulary import words_of
from reasoning_rewards.seen_words import SeenWords

_NUMBER: Final = re.compile(r"\d[\d,.]*")
_VALUES: Final = {
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
NUMBER_WORDS: Final = frozenset(_VALUES)

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


def numbers_in(text: str) -> set[Number]:
    tokens = _NUMBER.findall(text)
    return {number for token in tokens if (number := to_number(token)) is not None}


def numbers_named(vocabulary: frozenset[str]) -> list[int]:
    """What number words stand for: `dozen` for 12."""
    return [_VALUES[word] for word in vocabulary & NUMBER_WORDS]


def content_words(text: str) -> frozenset[str]:
    return subjects_of(words_of(text))


def subjects_of(words: Iterable[str]) -> frozenset[str]:
    """Content words and numerals: what a step may refer to."""
    return frozenset(words).difference(_NOT_CONTENT)


def grams(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Runs of four words."""
    return zip(words, words[1:], words[2:], words[3:], strict=False)


@lru_cache(maxsize=4096)
def to_number(token: str) -> Number | None:
    """The value of `1,000` or `2.50`; `None` for a date, a version, or too many digits."""
    if not token.isdigit():
        token = token.rstrip(".,").replace(",", "")
    if token.isdigit():
        return int(token) if len(token) <= 18 else None
    return Fraction(token) if len(token) <= 18 and token.count(".") == 1 else None


def content_and_noise(subjects: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The words among some subjects, without numerals; and those that are only letters."""
    unknown = subjects - _SOUND
    if not unknown:
        return subjects, frozenset()
    # Numerals sort before the colon.
    if max(unknown) < ":":
        return subjects - unknown, frozenset()
    words = {word for word in unknown if word >= ":"}
    noise = frozenset(filter(is_noise, words))
    if noise:
        _SOUND.remember(words - noise)
        return subjects.difference(unknown).union(words) - noise, noise
    _SOUND.remember(words)
    return subjects - (unknown - words), noise


_SOUND: Final = SeenWords()  # words that are no noise


def is_noise(word: str) -> bool:
    if not word.isascii():
        return False  # other scripts have other rules
    if len(word) > 24 or (len(word) >= 4 and not _VOWELS.search(word)):
        return True
    letters = len(set(word))
    if len(word) >= 5 and letters <= 2:
        return True
    # Four of one letter leave at most this many different ones.
    return letters <= len(word) - 3 and bool(_RUN_OF_ONE.search(word))
