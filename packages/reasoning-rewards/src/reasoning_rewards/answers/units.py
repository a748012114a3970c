"""Units, currencies and magnitude words after (or before) a number."""

from fractions import Fraction
from typing import Final

MAGNITUDES: Final = {
    "hundred": Fraction(100),
    "thousand": Fraction(10**3),
    "million": Fraction(10**6),
    "billion": Fraction(10**9),
    "trillion": Fraction(10**12),
}
CURRENCIES: Final = {
    "$": "usd", "us$": "usd", "usd": "usd", "dollar": "usd", "buck": "usd",
    "€": "eur", "eur": "eur", "euro": "eur",
    "£": "gbp", "gbp": "gbp", "pound sterling": "gbp",
    "¥": "jpy", "jpy": "jpy", "yen": "jpy", "cny": "cny", "yuan": "cny",
    "₹": "inr", "inr": "inr", "rupee": "inr", "rs": "inr",
    "chf": "chf", "cad": "cad", "aud": "aud", "¢": "cent", "cent": "cent",
}  # fmt: skip
_SPELLINGS: Final = {
    "m": "meter metre meters metres m", "cm": "centimeter centimetre cm cms",
    "mm": "millimeter millimetre mm", "km": "kilometer kilometre km kms",
    "in": "inch inches in", "ft": "foot feet ft", "yd": "yard yd yds", "mi": "mile mi",
    "g": "gram gramme g gm", "kg": "kilogram kilo kg kgs", "mg": "milligram mg",
    "lb": "pound lb lbs", "oz": "ounce oz", "t": "ton tonne", "l": "liter litre l L",
    "ml": "milliliter millilitre ml mL", "gal": "gallon gal",
    "s": "second sec s secs", "min": "minute min mins", "h": "hour hr h hrs", "day": "day d days",
    "ms": "millisecond ms", "deg": "degree deg ° degrees",
    "kph": "kph", "mph": "mph", "w": "watt W", "kw": "kilowatt kW", "v": "volt V", "n": "newton N",
    "j": "joule J", "hz": "hertz Hz Hertz", "pa": "pascal Pa", "k": "kelvin K", "c": "celsius C",
    "f": "fahrenheit F", "degc": "°C °c", "degf": "°F °f", "ohm": "Ω Omega ohm omega",
    "unit": "unit units",
}  # fmt: skip
_COMPOUND: Final = {"mi/h": "mph", "km/h": "kph", "deg c": "degc", "deg f": "degf"}
_CANONICAL: Final = {
    spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings.split()
}
# One letter after a digit is a variable (`2x`) unless it is one of these units.
SHORT_UNITS: Final = frozenset(word for word in _CANONICAL if len(word) <= 2) | {
    "sq",
    "of",
    "am",
    "pm",
    "AM",
    "PM",
}
# Words that make a number something other than "this many of these".
FORBIDDEN: Final = frozenset(
    "or and not no but than minus plus times to through over under between either neither except "
    "maybe possibly instead versus vs if unless sin cos tan log ln sqrt pi exp mod infinity "
    "hundred thousand million billion trillion dozen half third quarter nor i is are was were "
    "equals because which x more less squared cubed wrong incorrect false guess unsure approx "
    "approximately roughly one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy "
    "eighty ninety zero alpha beta gamma delta epsilon theta lambda mu rho sigma tau phi omega "
    "infty degc".split()
)


def canonical_unit(text: str) -> str:
    """One spelling per unit: `meters per second` gives `m/s`; an unknown word loses its s."""
    words = text.replace("/", " / ").replace("²", "^2").replace("*", " ").split()
    out: list[str] = []
    for word in words:
        bare = word.strip(".,")
        if bare.casefold() in ("per", "/"):
            out.append("/")
        elif bare.casefold() in ("square", "sq", "cubic"):
            out.append("2" if bare.casefold() != "cubic" else "3")
        elif bare:
            out.append(_canonical_word(bare))
    for prefix in ("2", "3"):  # `square meters` is m^2
        if out[:1] == [prefix] and len(out) > 1:
            out = [out[1] + prefix, *out[2:]]
    unit = " ".join(out).replace(" / ", "/")
    return _COMPOUND.get(unit, unit)


def _canonical_word(word: str) -> str:
    base, caret, power = word.partition("^")
    base = base.strip("()")
    lower = base.casefold()
    singular = lower[:-1] if lower.endswith("s") and len(lower) > 3 else lower
    for candidate in (lower, singular):
        if candidate in CURRENCIES:
            return CURRENCIES[candidate]
    for candidate in (base, lower, singular):
        if candidate in _CANONICAL:
            return _CANONICAL[candidate] + (power.strip("()") if caret else "")
    return singular + (power.strip("()") if caret else "")


def compatible(left: str, right: str) -> bool:
    """Whether two canonical units can name the same thing; a missing unit goes with any."""
    if not left or not right or left == right:
        return True
    a, b = set(left.split()), set(right.split())
    return a <= b or b <= a
