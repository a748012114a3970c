"""Words after a number that leave it that number: `boxes of crayons`, not `cannot be right`.

A unit may be left out of an answer, so that only what is surely one counts: a unit of measure, or
a noun phrase with a plural (`red apples left`). Words of other classes (verbs, negations, number
words, operations) are closed classes or leave no plural, and then the text is no number with a
unit.
"""

import re
from typing import Final

from reasoning_rewards.answers.numerals import multiple_of, part_of
from reasoning_rewards.answers.units import is_known

_PREPOSITIONS: Final = frozenset(
    "of per / in for from with on each every a an to at by during after before since among".split()
)
# Words of one or two letters that may begin what follows a number.
SHORT_WORDS: Final = frozenset("in of a an on to by at".split())
_DETERMINERS: Final = frozenset(
    "the a an his her its their our my your this that these those all each every total".split()
)
# What may stand for or behind the noun: `42 left`, `42 apples more`.
_TRAILING: Final = frozenset(
    "left total totally altogether more remaining extra each apiece combined together overall "
    "old long tall wide high deep thick away ago later earlier late early now today daily "
    "weekly monthly yearly annually hourly leftover additional only exactly total. to go".split()
)
_ADVERBIAL: Final = frozenset(("in total", "in all", "on average", "on hand", "to go", "so far"))
_IRREGULAR: Final = frozenset(
    "people children men women feet teeth mice geese fish sheep deer cattle dice oxen shrimp "
    "salmon squid bacteria criteria data media fruit hair staff pence salespeople firemen "
    "policemen gentlemen freshmen grandchildren fishermen sportsmen craftsmen workmen".split()
)
# Words on -s that are no plurals of things, and plurals that are another number's measure.
_NOT_PLURAL: Final = frozenset(
    "always perhaps besides sometimes afterwards afterward towards upwards downwards backwards "
    "tops thus yes plus minus times versus across unless whereas nowadays percentiles deciles "
    "quartiles quintiles as its his this is was has does goes sums guess alas vs others odds "
    "numbers digits modulus inverses reciprocals factorials multiples factors powers roots "
    "squares cubes logs answers results lies lacks equals exceeds exceeds means".split()
)
# Classes with few members: none of them occurs in a noun phrase that is a unit.
_CLOSED: Final = frozenset(
    "or and not no nor but than minus plus times divided multiplied through over under between "
    "below above either neither except maybe possibly perhaps instead versus vs if unless i is "
    "are was were be been being am has have had do does did will would can could shall should "
    "must might may cannot because which who whom whose where when while then too very as so "
    "such itself themselves himself herself x less fewer wrong incorrect false guess unsure "
    "approx approximately roughly sin cos tan log ln sqrt pi exp mod modulo infinity infty "
    "squared cubed doubled tripled halved factorial reciprocal inverse alpha beta gamma delta "
    "epsilon theta lambda mu rho sigma tau phi omega degc add subtract actually wait sorry oops "
    "short excluded denied however although half alternatively otherwise whatever something "
    "twice thrice once excluding including off out".split()
)
_NUMBER_WORDS: Final = frozenset(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty "
    "ninety hundred thousand million billion trillion".split()
)
_ADVERB: Final = re.compile(r"[a-z]{2,}(?<!fami)(?<!supp)(?<!assemb)(?<!repp)ly")


def is_closed(word: str) -> bool:
    """Whether a word never stands in a noun phrase."""
    word = word.casefold() if word != "Omega" else "ohm"
    if "-" in word:
        return any(is_closed(part) for part in word.split("-") if part)
    return (
        word in _CLOSED
        or word in _NUMBER_WORDS
        or "n't" in word
        or multiple_of(word) is not None
        or (part_of(word) is not None and word.endswith("s"))
        or _ADVERB.fullmatch(word) is not None
    )


def is_plural(word: str) -> bool:
    """Whether a word (in lower case) has the form of a plural noun."""
    if word in _IRREGULAR:
        return True
    return (
        len(word) > 3
        and word.endswith("s")
        and not word.endswith(("ss", "us", "is"))
        and word not in _NOT_PLURAL
        and not is_closed(word)
    )


def may_be_things(words: list[str]) -> bool:
    """Whether the words could be a noun phrase in the singular (`42 apple`)."""
    return len(words) <= 2 and not any(
        is_closed(word) or word.casefold() in _PREPOSITIONS for word in words
    )


def names_things(words: list[str], singular: bool) -> bool:
    """Whether the words after a number say what is counted.

    `singular` allows nouns without a plural: after 1, after fractions, and after a percent sign.
    """
    words = [word.strip(".,") for word in words]
    lowered = [word.casefold() for word in words]
    if lowered[0] == "times":
        return _is_frequency(lowered[1:])
    if any(is_closed(word) for word in words):
        return False
    head: list[str] = []
    for word in lowered:
        if word in _PREPOSITIONS and not (word == "in" and len(words) == 1):
            break
        head.append(word)
    behind = lowered[len(head) :]
    if not head:
        return _is_adjunct(behind)
    if all(word in _TRAILING for word in head):
        return not behind or _is_adjunct(behind)
    things = [word for word in words[: len(head)] if word.casefold() not in _TRAILING]
    return (singular and len(things) < 4) or any(
        is_known(word) or is_plural(word.casefold().split("-")[-1]) for word in things
    )


def _is_frequency(words: list[str]) -> bool:
    """What may follow `42 times`: nothing, `as many`, `per day`; not `itself` or `a number`."""
    if not words or " ".join(words[:2]) in _ADVERBIAL:
        return True
    return (words[0] == "as" and len(words) == 2) or (words[0] == "per" and len(words) > 1)


def _is_adjunct(words: list[str]) -> bool:
    """`of the pizza`, `per day`, `in total`, `for the books`; not `in doubt`."""
    if not words or " ".join(words[:2]) in _ADVERBIAL:
        return True
    if words[0] in ("of", "per", "/", "a", "an", "each", "every"):
        return len(words) > 1 or words[0] == "each"
    if part_of(words[-1]) or words[-1] in ("power", "exponent"):
        return False  # `8 to the third`
    return len(words) > 2 and words[1] in _DETERMINERS
