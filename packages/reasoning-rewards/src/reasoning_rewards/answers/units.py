"""Units, currencies and magnitude words after (or before) a number."""

import re
from fractions import Fraction
from typing import Final

# Before what stands where a unit would, and may not be left out of the answer.
UNKNOWN: Final = "?"
CURRENCIES: Final = {
    "$": "usd", "us$": "usd", "usd": "usd", "dollar": "usd", "buck": "usd",
    "€": "eur", "eur": "eur", "euro": "eur",
    "£": "gbp", "gbp": "gbp", "pound sterling": "gbp",
    "¥": "jpy", "jpy": "jpy", "yen": "jpy", "cny": "cny", "yuan": "cny",
    "₹": "inr", "inr": "inr", "rupee": "inr", "rs": "inr",
    "chf": "chf", "cad": "cad", "aud": "aud", "a$": "aud", "au$": "aud", "c$": "cad", "ca$": "cad",
    "us $": "usd", "hk$": "hkd", "nz$": "nzd", "s$": "sgd", "¢": "cent", "cent": "cent",
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
    "unit": "unit units", "week": "week wk wks", "month": "month mo mos", "year": "year yr yrs",
    "kwh": "kWh", "wh": "Wh", "mw": "MW", "gb": "GB", "mb": "MB", "kb": "KB kB", "tb": "TB",
    "db": "dB", "rpm": "RPM rpm", "bpm": "bpm BPM", "fps": "fps", "psi": "psi", "ppm": "ppm",
    "cal": "calorie cal", "kcal": "kcal", "mol": "mole mol", "ev": "eV", "atm": "atm", "bar": "bar",
    "ha": "ha hectare", "acre": "acre", "a": "ampere amp", "rad": "radian rad", "kmh": "kmh",
    "cup": "cup", "pt": "pint", "qt": "quart", "tsp": "teaspoon tsp", "tbsp": "tablespoon tbsp",
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
_BASE: Final[dict[str, dict[str, int | Fraction]]] = {
    "time": {"ms": Fraction(1, 1000), "s": 1, "min": 60, "h": 3600, "day": 86_400, "week": 604_800},
    "calendar": {"month": 1, "year": 12},
    "length": {
        "mm": Fraction(1, 1000), "cm": Fraction(1, 100), "m": 1, "km": 1000,
        "in": Fraction(254, 10_000), "ft": Fraction(3048, 10_000), "yd": Fraction(9144, 10_000),
        "mi": Fraction(1_609_344, 1000),
    },
    "mass": {
        "mg": Fraction(1, 1000), "g": 1, "kg": 1000, "t": 10**6,
        "oz": Fraction(45_359_237, 1_600_000), "lb": Fraction(45_359_237, 100_000),
    },
    "volume": {"ml": Fraction(1, 1000), "l": 1},
    "money": {"cent": Fraction(1, 100), "usd": 1},
}  # fmt: skip
_FACTORS: Final = {
    unit: (dimension, Fraction(factor))
    for dimension, factors in _BASE.items()
    for unit, factor in factors.items()
}


def in_base(unit: str) -> tuple[str, Fraction] | None:
    """(dimension, factor to its base unit) of a canonical unit with an exact conversion."""
    return _FACTORS.get(unit)


def is_known(word: str) -> bool:
    """Whether a word, with an optional power, is a unit of measure or a currency."""
    base = re.split(r"[\^\d(]", word.strip(".,"), maxsplit=1)[0]
    lower = base.casefold()
    singular = lower.removesuffix("s")
    return (
        base in _CANONICAL
        or lower in _CANONICAL
        or lower in CURRENCIES
        or singular in CURRENCIES
        or (len(singular) > 2 and singular in _CANONICAL)
        or base in ("AM", "PM", "am", "pm", "sq", "square", "cubic")
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
    """Whether two canonical units can name the same thing; a missing unit goes with any.

    A word that is surely no unit (`UNKNOWN` before it) goes with itself alone.
    """
    if left.startswith(UNKNOWN) or right.startswith(UNKNOWN):
        return left.removeprefix(UNKNOWN) == right.removeprefix(UNKNOWN)
    if not left or not right or left == right:
        return True
    a, b = set(left.split()), set(right.split())
    return a <= b or b <= a
