"""Numbers in English words: `forty-two`, `two thirds`, `one and a half`, `minus seven`.

A number that is spelled out becomes digits; what follows it (a unit) stays as it is.
"""

import re
from fractions import Fraction
from typing import Final

_ONES: Final = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
}
_TENS: Final = {
    word: 10 * value
    for value, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2
    )
}
SCALES: Final = {
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
# Also after digits (`3 dozens`): words that multiply, and names of parts, which divide.
MULTIPLES: Final = {
    "ten": 10,
    "dozen": 12,
    "hundred": 100,
    "lakh": 10**5,
    "crore": 10**7,
    "bn": 10**9,
    **SCALES,
}
_PARTS: Final = {
    "half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "fifteenth": 15,
    "sixteenth": 16, "twentieth": 20, "fiftieth": 50, "hundredth": 100, "thousandth": 1000,
    "ten-thousandth": 10**4, "hundred-thousandth": 10**5, "millionth": 10**6, "billionth": 10**9,
}  # fmt: skip
# `a dozen` is said of about twelve.
_AFTER_A: Final = frozenset(("hundred", *SCALES))
MAX_WORDS: Final = 24
_WORD: Final = re.compile(r"[A-Za-z]+")
_GAP: Final = re.compile(r"(?:,? |-)(?=[A-Za-z])")
_SIGN: Final = re.compile(r"(?:negative|minus)\s+(?=\S)", re.IGNORECASE)
_FIRST: Final = frozenset((*_ONES, *_TENS, "a", "an", "half"))


def part_of(word: str) -> int | None:
    """The denominator that a word names (`tenths` gives 10), or `None`."""
    word = word.casefold()
    if word == "halves":
        return 2
    return _PARTS.get(word) or _PARTS.get(word.removesuffix("s"))


def multiple_of(word: str) -> int | None:
    """The factor that a word names (1,000,000 for `millions`), or `None`; `ten` only as `tens`."""
    word = word.casefold()
    if word == "ten":
        return None
    return MULTIPLES.get(word) or MULTIPLES.get(word.removesuffix("s"))


def in_digits(text: str) -> str | None:
    """The text with the number that it begins with in digits; `None` if it begins with none."""
    sign = _SIGN.match(text)
    rest = text[sign.end() :] if sign else text
    first = _WORD.match(rest)
    if first is None or first.group().casefold() not in _FIRST:
        return f"-{rest}" if sign and re.match(r"[$€£¥₹]?\.?\d", rest) else None
    parsed = _Spelled(rest).number()
    if parsed is None:
        return None
    value, end = parsed
    return f"{'-' if sign else ''}{value}{rest[end:]}"


class _Spelled:
    """A reader of number words from the start of a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words: list[tuple[str, int]] = []
        index = 0
        while len(self._words) < MAX_WORDS and (word := _WORD.match(text, index)):
            self._words.append((word.group().casefold(), word.end()))
            gap = _GAP.match(text, word.end())
            if gap is None:
                break
            index = gap.end()
        self._at = 0

    def number(self) -> tuple[Fraction, int] | None:
        """(value, index behind it); `None` for anything but one whole number or fraction."""
        value = self._leading_part()
        if value is None:
            whole = self._cardinal()
            if whole is None:
                return None
            value = self._behind(Fraction(whole))
        if self._at < len(self._words) and self._is_number_word(self._at):
            return None  # `seven eleven`
        end = self._words[self._at - 1][1]
        return None if self._text[end : end + 1] == "-" else (value, end)

    def _peek(self, ahead: int = 0) -> str:
        index = self._at + ahead
        return self._words[index][0] if index < len(self._words) else ""

    def _is_number_word(self, index: int) -> bool:
        word = self._words[index][0]
        return word in _ONES or word in _TENS or word in MULTIPLES

    def _leading_part(self) -> Fraction | None:
        """`half`, `a half`, `a third`, `half a million`; not `a` before anything else."""
        start = 1 if self._peek() in ("a", "an") else 0
        if self._peek() == "half" and self._peek(1) == "a" and self._peek(2) in _AFTER_A:
            factor = multiple_of(self._peek(2)) or 1
            self._at = 3
            return Fraction(factor, 2)
        part = part_of(self._peek(start))
        if part is None or (not start and self._peek() != "half"):
            return None
        self._at = start + 1
        return Fraction(1, part)

    def _behind(self, whole: Fraction) -> Fraction:
        """What may follow a cardinal: `thirds`, `and a half`, `point five`."""
        part = self._part(self._at)
        if part is not None:
            denominator, self._at = part
            return whole / denominator
        if self._peek() == "and":
            mark = self._at
            self._at += 1
            top = Fraction(1) if self._peek() in ("a", "an") else None
            if top is not None:
                self._at += 1
            else:
                top = Fraction(self._cardinal() or 0)
            part = self._part(self._at)
            if part is not None and 0 < top < part[0]:
                self._at = part[1]
                return whole + top / part[0]
            self._at = mark
        if self._peek() == "point" and self._peek(1) in _ONES:
            self._at += 1
            digits = ""
            while _ONES.get(self._peek(), 10) < 10:
                digits += str(_ONES[self._peek()])
                self._at += 1
            return whole + Fraction(int(digits or "0"), 10 ** len(digits))
        return whole

    def _part(self, index: int) -> tuple[int, int] | None:
        word = self._words[index][0] if index < len(self._words) else ""
        part = part_of(word)
        return None if part is None else (part, index + 1)

    def _cardinal(self) -> int | None:
        total, below = 0, 10**15
        found = False
        while True:
            mark = self._at
            if found and self._peek() == "and":
                self._at += 1
            group = self._hundreds()
            if group is None:
                self._at = mark
                return total if found else None
            scale = SCALES.get(self._peek(), 1)
            if scale >= below:
                self._at = mark
                return total
            if scale > 1:
                self._at += 1
            total, below, found = total + group * scale, scale, True
            if scale == 1:
                if self._peek() == "dozen":
                    self._at += 1
                    return total * 12
                return total

    def _hundreds(self) -> int | None:
        if self._peek() in ("a", "an"):
            if self._peek(1) not in _AFTER_A:
                return None
            self._at += 1
            group: int | None = 1
        else:
            group = self._below_hundred()
        if group is None or self._peek() != "hundred":
            return group
        self._at += 1
        mark = self._at
        if self._peek() == "and":
            self._at += 1
        rest = self._below_hundred()
        if rest is None:
            self._at = mark
            rest = 0
        return group * 100 + rest

    def _below_hundred(self) -> int | None:
        word = self._peek()
        if word in _ONES:
            self._at += 1
            return _ONES[word]
        if word not in _TENS:
            return None
        self._at += 1
        unit = _ONES.get(self._peek(), 10)
        if 0 < unit < 10:
            self._at += 1
            return _TENS[word] + unit
        return _TENS[word]
