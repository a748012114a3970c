"""The numbers of a question, and what each may turn into before it is computed with."""

import re
from fractions import Fraction
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple

from reasoning_rewards.equations.arithmetic import Number, ratio
from reasoning_rewards.structure.lexicon import to_number

_QUANTITY: Final = re.compile(
    r"([.\d](?<![\w.].)[\d,]{0,20}(?:(?<=\d)\.\d{1,12})?)(?:/(\d{1,6}))?(%| percent| cents)?"
)
_WORDS: Final = {
    word: frozenset(values)
    for word, values in {
        **{
            word: (value,)
            for value, word in enumerate(
                "two three four five six seven eight nine ten eleven twelve thirteen fourteen "
                "fifteen sixteen seventeen eighteen nineteen twenty".split(),
                start=2,
            )
        },
        "thirty": (30,), "forty": (40,), "fifty": (50,), "sixty": (60,), "dozen": (12,),
        "triple": (3,), "thrice": (3,), "quadruple": (4,),
        "half": (2, Fraction(1, 2), Fraction(3, 2)),
        "twice": (2, Fraction(1, 2)), "double": (2, Fraction(1, 2)),
    }.items()
}  # fmt: skip
# What a question may be computed with because it speaks of these: conversions between its units,
# the values of its coins, parts of a whole. An answer need not use them.
_FACTORS_OF_WORDS: Final[dict[str, tuple[Number, ...]]] = {
    "second seconds": (60, 3600),
    "minute minutes mph": (60,),
    "hour hours": (60, 24, 3600),
    "day days daily night nights": (7, 24, 30),
    "week weeks weekly weekday weekdays weekend weekends": (7, 4, 52, 5, 2),
    "month months monthly": (12, 30, 4),
    "year years yearly annual annually": (12, 365, 52),
    "decade decades": (10,),
    "century centuries": (100,),
    "inch inches": (12, 36),
    "foot feet": (12, 3, 5280),
    "yard yards": (3, 36, 1760),
    "mile miles": (5280, 1760),
    "pound pounds ounce ounces": (16,),
    "ton tons": (2000, 1000),
    "gallon gallons quart quarts pint pints cup cups": (4, 2, 8, 16),
    "kilometer kilometers kilometre kilometres km meter meters metre metres": (1000, 100),
    "kilogram kilograms kg gram grams liter liters litre litres milliliters ml": (1000,),
    "dollar dollars cent cents": (100,),
    "penny pennies nickel nickels dime dimes coin coins": (100, 5, 10, 25),
    "quarter quarters": (4, 25, Fraction(1, 4), Fraction(3, 4), Fraction(5, 4)),
    "third thirds": (3, Fraction(1, 3), Fraction(2, 3), Fraction(4, 3)),
    "fourth fourths": (4, Fraction(1, 4), Fraction(3, 4), Fraction(5, 4)),
    "fifth fifths": (5, *(Fraction(top, 5) for top in range(1, 5))),
    "sixth sixths": (6, Fraction(1, 6), Fraction(5, 6)),
    "tenth tenths": (10, Fraction(1, 10), Fraction(3, 10), Fraction(9, 10)),
    "dozens": (12,),
    "hundred": (100,),
    "thousand": (1000,),
    "million": (1_000_000,),
    "triangle": (180,),
    "angle angles": (90, 180, 360),
    "circle": (360,),
}
_FACTORS: Final = {
    word: factors for words, factors in _FACTORS_OF_WORDS.items() for word in words.split()
}
_UNITS: Final = frozenset(_FACTORS)
QUANTITY_WORDS: Final = _UNITS.union(_WORDS)
# A product with a factor up to this may be a number of its own just as well.
SMALL: Final = 11

# `=`, or an operator between a letter and a number. Few characters begin it: a fast search.
_ALGEBRA: Final = re.compile(
    r"[-=^\\+*/](?:(?<=[=^\\])|(?:(?<=\b[a-z].)|(?<=\b[a-z] .)) ?\d"
    r"|(?:(?<=\d.)|(?<=\d .)) ?[a-z]\b)"
)


class Question(NamedTuple):
    """The numbers of a question: each with what it may turn into, 20% into .2, .8 and 1.2.

    Attributes:
        quantities: The numbers that an answer has to use.
        known: All of these, and what may be used with them: conversions of the question's units.
        factors: The conversions alone.
        algebraic: The question states relations, not quantities: an answer is not computed from
            its numbers alone.
    """

    quantities: tuple[frozenset[Number], ...]
    known: frozenset[Number]
    factors: frozenset[Number]
    algebraic: bool


def question_of(prompt: str, words: frozenset[str]) -> Question:
    """The numbers of a prompt.

    Args:
        prompt: The question.
        words: Its case-folded words, or those of them that are among `QUANTITY_WORDS`.
    """
    quantities = {_forms(*parts) for parts in _QUANTITY.findall(prompt)}
    counted = QUANTITY_WORDS & words
    quantities.update([_WORDS[word] for word in counted if word in _WORDS])
    quantities.discard(frozenset())
    factors, whole, large = _factors_of(counted & _UNITS)
    known = factors.union(*quantities)
    if whole:
        plain = [forms for forms in quantities if len(forms) == 1]
        quantities.difference_update(plain)
        products: list[Number] = []
        for forms in plain:
            (number,) = forms
            products += [number * factor for factor in whole]
            # What it is in smaller units is the same quantity.
            quantities.add(forms.union([number * factor for factor in large]))
        known = known.union(products)
    return Question(tuple(quantities), known, factors, _ALGEBRA.search(prompt) is not None)


@lru_cache(maxsize=1024)
def _factors_of(
    words: frozenset[str],
) -> tuple[frozenset[Number], tuple[int, ...], tuple[int, ...]]:
    """The conversions that come with some words; the whole ones; and the large ones of these."""
    factors = frozenset(chain.from_iterable([_FACTORS[word] for word in words]))
    whole = tuple(factor for factor in factors if isinstance(factor, int))
    return factors, whole, tuple(factor for factor in whole if factor > SMALL)


@lru_cache(maxsize=1024)
def _forms(written: str, bottom: str, unit: str) -> frozenset[Number]:
    number = to_number(written)
    if number is None:
        return frozenset()
    if bottom and int(bottom):
        part = Fraction(number) / int(bottom)
        forms = {part, 1 - part, 1 + part, Fraction(int(bottom))}
        if number > 1:
            forms.add(Fraction(number))
    elif unit:
        part = Fraction(number) / 100
        forms = {part, 1 - part, 1 + part, part * 100, 100 - part * 100, 100 + part * 100}
    elif number in (0, 1):
        return frozenset()
    else:
        return frozenset((number,))
    return frozenset(ratio(form.numerator, form.denominator) for form in forms)
