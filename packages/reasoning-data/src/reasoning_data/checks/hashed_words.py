"""Words, quantities and hashes of questions, for finding duplicates and contamination."""

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
    """Return the normalised words and numbers of a text, without punctuation."""
    return _WORD.findall(visible(normalise(text)))


def visible(text: str) -> str:
    """Return the text without format characters such as zero-width spaces."""
    if text.isascii():
        return text
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


def quantities(text: str) -> str:
    """Return the numbers, number words, comparisons and operators of a text, in order.

    Two questions with different quantities ask for different things, however similar their words.
    """
    found = _QUANTITY.findall(normalise(text))
    return " ".join(t for t in found if not t[0].isalpha() or t in NUMBER_WORDS)


def hash128(text: str) -> tuple[int, int]:
    """Return 128 bits of BLAKE2b as two unsigned 64-bit numbers."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big")


def hash64(text: str) -> int:
    """Return 64 bits of BLAKE2b as an unsigned number."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


@dataclass(frozen=True, slots=True)
class Grams:
    """Hashed n-grams of several texts, concatenated.

    Attributes:
        hashes: `[K]`, in the order of the texts.
        offsets: `[N + 1]`; text `i` owns `hashes[offsets[i]:offsets[i + 1]]`.
    """

    hashes: UInt64
    offsets: npt.NDArray[np.int64]

    def texts(self) -> npt.NDArray[np.int64]:
        """Return `[K]`, the number of the text that owns each hash."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


@dataclass(frozen=True, slots=True)
class HashedWords:
    """Hashed words of several texts, concatenated; the fields are those of `Grams`."""

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
        """Return the n-grams of words of each text, or all its words if it has fewer than `n`.

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
    """Return the hashes of all windows of `n` words, `[len(hashes) - n + 1]`."""
    total = np.zeros(max(len(hashes) - n + 1, 0), dtype=np.uint64)
    for i in range(n):
        total = total * _MULTIPLIER + hashes[i : i + len(total)]
    return total
