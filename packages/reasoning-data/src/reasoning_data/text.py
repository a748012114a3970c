"""Words, quantities and hashes of a question: what duplicates and contamination are found by."""

import hashlib
import re
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from reasoning_data.splitting import normalise

UInt64 = npt.NDArray[np.uint64]

_WORD = re.compile(r"\d+(?:[.,]\d+)*|\w+")
_QUANTITY = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|[-+*/^=<>%\u00d7\u00f7\u00b1\u2264\u2265\u221a]")
_NUMBER_WORDS = frozenset(
    """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    hundred thousand million billion dozen half third quarter once twice thrice double triple
    no not more less fewer
    """.split()  # noqa: SIM905 - a list of fifty quoted words is harder to read
)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def words(text: str) -> list[str]:
    """Words and numbers of a text, normalised, without punctuation."""
    return _WORD.findall(normalise(text))


def quantities(text: str) -> str:
    """The numbers, number words, comparisons and operators of a text, in order.

    Two questions that differ here ask for different things, however alike their other words.
    """
    found = _QUANTITY.findall(normalise(text))
    return " ".join(t for t in found if not t[0].isalpha() or t in _NUMBER_WORDS)


def hash128(text: str) -> tuple[int, int]:
    """128 bits of BLAKE2b as two unsigned 64-bit numbers."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big")


def hash64(text: str) -> int:
    """64 bits of BLAKE2b."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def gram_hashes(texts: list[str], n: int) -> list[UInt64]:
    """The distinct hashed n-grams of words of each text.

    A text of fewer than `n` words gives one hash, of all its words; one without words gives none.
    The hash of an n-gram is a polynomial in the hashes of its words, modulo 2**64.
    """
    tokens = [words(text) for text in texts]
    known = {word: hash64(word) for text in tokens for word in text}
    hashes = np.array([known[word] for text in tokens for word in text], dtype=np.uint64)
    borders = np.cumsum([0, *map(len, tokens)])
    return [_rolled(hashes[start:end], n) for start, end in pairwise(borders.tolist())]


def _rolled(hashes: UInt64, n: int) -> UInt64:
    n = min(n, len(hashes))
    if n == 0:
        return hashes
    total = np.zeros(len(hashes) - n + 1, dtype=np.uint64)
    for i in range(n):
        total = total * _MULTIPLIER + hashes[i : i + len(total)]
    return np.unique(total)
