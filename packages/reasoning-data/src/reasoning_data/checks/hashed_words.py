"""Words, quantities and hashes of a question: what duplicates and contamination are found by."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from reasoning_data.splitting import normalise

UInt64 = npt.NDArray[np.uint64]

_WORD = re.compile(r"\d+(?:[.,]\d+)*|\w+")
_QUANTITY = re.compile(
    r"\d+(?:[.,]\d+)*|[^\W\d_]+|[-+*/^=<>%\u00d7\u00f7\u00b1\u2264\u2265\u221a]"
    # Brackets that group a computation: (2 + 3) * 4 is another problem than 2 + 3 * 4.
    r"|(?<!\\)(?:[{}]|[()](?=\s*[-+*/^=<>\d\\])|(?<=[\d+*/^=}])[()])"
)
NUMBER_WORDS = frozenset(
    """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    hundred thousand million billion dozen half third quarter once twice thrice double triple
    no not more less fewer
    """.split()  # noqa: SIM905 - a list of fifty quoted words is harder to read
)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def words(text: str) -> list[str]:
    """Words and numbers of a text, normalised, without punctuation and invisible characters."""
    return _WORD.findall(visible(normalise(text)))


def visible(text: str) -> str:
    """The text without format characters, such as a zero-width space inside of a word."""
    if text.isascii():
        return text
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


def quantities(text: str) -> str:
    """The numbers, number words, comparisons and operators of a text, in order.

    Two questions that differ here ask for different things, however alike their other words.
    """
    found = _QUANTITY.findall(normalise(text))
    return " ".join(t for t in found if not t[0].isalpha() or t in NUMBER_WORDS)


def hash128(text: str) -> tuple[int, int]:
    """128 bits of BLAKE2b as two unsigned 64-bit numbers."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big")


def hash64(text: str) -> int:
    """64 bits of BLAKE2b."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


@dataclass(frozen=True, slots=True)
class Grams:
    """Hashed n-grams of some texts, laid end to end.

    Attributes:
        hashes: `[K]`, in the order of the texts.
        offsets: `[N + 1]`; text `i` has the hashes from `offsets[i]` to `offsets[i + 1]`.
    """

    hashes: UInt64
    offsets: npt.NDArray[np.int64]

    def texts(self) -> npt.NDArray[np.int64]:
        """`[K]`, the text that each hash belongs to."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


@dataclass(frozen=True, slots=True)
class HashedWords:
    """The hashed words of some texts, laid end to end; fields as in `Grams`."""

    hashes: UInt64
    offsets: npt.NDArray[np.int64]

    @classmethod
    def of(cls, texts: list[str]) -> "HashedWords":
        """Hash the words of texts."""
        tokens = [words(text) for text in texts]
        known = {word: hash64(word) for word in set(chain.from_iterable(tokens))}
        hashes = [known[word] for word in chain.from_iterable(tokens)]
        offsets = np.cumsum([0, *map(len, tokens)])
        return cls(np.array(hashes, dtype=np.uint64), offsets)

    def grams(self, n: int) -> Grams:
        """The n-grams of words of each text; a shorter text gives one, of all its words.

        The hash of an n-gram is a polynomial in the hashes of its words, modulo 2**64.
        """
        lengths = np.diff(self.offsets)
        counts = np.where(lengths >= n, lengths - n + 1, np.minimum(lengths, 1))
        grams = Grams(np.zeros(counts.sum(), np.uint64), np.concatenate(([0], counts.cumsum())))
        starts = np.arange(len(self.hashes))
        whole = starts + n <= np.repeat(self.offsets[1:], lengths)
        rolled = _roll(self.hashes, n)
        grams.hashes[np.repeat(lengths >= n, counts)] = rolled[starts[whole]]
        for text in np.flatnonzero((lengths > 0) & (lengths < n)):
            own = self.hashes[self.offsets[text] : self.offsets[text + 1]]
            grams.hashes[grams.offsets[text]] = _roll(own, len(own))[0]
        return grams


def _roll(hashes: UInt64, n: int) -> UInt64:
    """Hashes of all windows of `n`, `[len(hashes) - n + 1]`."""
    total = np.zeros(max(len(hashes) - n + 1, 0), dtype=np.uint64)
    for i in range(n):
        total = total * _MULTIPLIER + hashes[i : i + len(total)]
    return total
