"""Near-duplicate search with MinHash and banding.

The method is Broder's (1997), banded as in Leskovec et al., Mining of Massive Datasets, 3.4.
`rensa` computes the signatures. Its index, like that of `datasketch`, keeps Python objects per row,
so a million rows would not fit into 2 GiB. Candidates are therefore found by sorting one band at a
time, which needs a few numbers per row and O(n log n) time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from reasoning_data.checks.cleaning import Cleaning
from reasoning_data.checks.hashed_words import HashedWords, UInt64, hash64, quantities
from reasoning_data.splitting import normalise

Signatures = npt.NDArray[np.uint32]
Indices = npt.NDArray[np.int64]

SEED = 42
RECALL = 0.97
MAX_ROUNDS = 8
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


@dataclass(frozen=True, slots=True)
class Sketches:
    """MinHash signatures and band hashes of several questions.

    Attributes:
        signatures: `[N, P]` for P permutations.
        bands: `[N, B]`, hash of each band; rows that share one are candidates.
    """

    signatures: Signatures
    bands: UInt64


def band_shape(threshold: float, permutations: int) -> tuple[int, int]:
    """Choose the number of bands and the rows per band.

    The choice is the most selective one that finds at least 97 % of the pairs at the threshold, by
    `1 - (1 - t^r)^b`.

    Returns:
        Bands, and rows per band.
    """
    for rows in range(permutations, 0, -1):
        bands = permutations // rows
        if 1 - (1 - threshold**rows) ** bands >= RECALL:
            return bands, rows
    return permutations, 1


def sketch(questions: list[str], hashed: HashedWords, cleaning: Cleaning) -> Sketches:
    """Compute signatures and band hashes of questions.

    Args:
        questions: The questions, `[N]`.
        hashed: Their hashed words.
        cleaning: Options with shingle, permutations, threshold, and whether numbers matter; if they
            do, the quantities of a question are part of its band hashes.
    """
    from rensa import RMinHash

    shingles = hashed.grams(cleaning.shingle)
    digests = RMinHash.digest_matrix_from_flat_token_hashes(
        shingles.hashes, shingles.offsets.astype(np.uint64), cleaning.permutations, SEED
    )
    signatures = np.array(digests.to_rows(), dtype=np.uint32).reshape(-1, cleaning.permutations)
    salt = np.zeros(len(questions), dtype=np.uint64)
    if cleaning.numbers_matter:
        salt = np.array([hash64(quantities(text)) for text in questions], dtype=np.uint64)
    # A question without a single word is only like one with the same characters.
    for row in np.flatnonzero(np.diff(shingles.offsets) == 0):
        salt[row] = hash64(normalise(questions[row]))
    return Sketches(signatures, _bands(signatures, salt, cleaning))


def _bands(signatures: Signatures, salt: UInt64, cleaning: Cleaning) -> UInt64:
    bands, rows = band_shape(cleaning.near_threshold, cleaning.permutations)
    total = np.empty((len(signatures), bands), dtype=np.uint64)
    for band in range(bands):
        value = salt.copy()
        for column in range(band * rows, (band + 1) * rows):
            value = (value ^ signatures[:, column]) * _MULTIPLIER
            value ^= value >> _SHIFT
        total[:, band] = value
    return total


def similarity(left: Signatures, right: Signatures) -> npt.NDArray[np.float64]:
    """Estimate the Jaccard similarity between rows of two signature matrices `[N, P]`."""
    result: npt.NDArray[np.float64] = (left == right).mean(axis=1)
    return result


def find_near_duplicates(
    n: int,
    band: Callable[[int], UInt64],
    signatures: Callable[[Indices], Signatures],
    same: UInt64,
    alive: npt.NDArray[np.bool_],
    cleaning: Cleaning,
) -> Indices:
    """Return `[N]`, for every row the earlier row that it nearly repeats, or -1.

    In each band, the rows with equal hash form a group. The first row of a group is compared with
    all others; those that do not match it form a group again, at most `MAX_ROUNDS` times. A group
    thus costs a multiple of its size and never its square.

    Args:
        n: Number of rows.
        band: Function from a band number to its hashes `[N]`.
        signatures: Function from row numbers `[K]` to signatures `[K, P]`.
        same: `[N]`; only rows with equal values (gold, split) can be duplicates.
        alive: `[N]`, rows that take part.
        cleaning: Options the sketches were made with.
    """
    twin = np.full(n, -1, dtype=np.int64)
    for number in range(band_shape(cleaning.near_threshold, cleaning.permutations)[0]):
        keys = (band(number) ^ same) * _MULTIPLIER
        rows = np.flatnonzero(alive & (twin < 0))
        for _ in range(MAX_ROUNDS):
            leaders, members = _group(keys, rows)
            if not len(members):
                break
            near = _compare(leaders, members, signatures, cleaning.near_threshold)
            near &= same[leaders] == same[members]
            twin[members[near]] = leaders[near]
            rows = np.sort(members[~near])
    return twin


def _group(keys: UInt64, rows: Indices) -> tuple[Indices, Indices]:
    """Return pairs (first row, other row) of every group of sorted rows with equal keys."""
    order = rows[np.argsort(keys[rows], kind="stable")]
    ordered = keys[order]
    starts = np.concatenate(([True], ordered[1:] != ordered[:-1]))[: len(order)]
    first = order[np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))]
    return first[~starts], order[~starts]


def _compare(
    leaders: Indices,
    members: Indices,
    signatures: Callable[[Indices], Signatures],
    threshold: float,
) -> npt.NDArray[np.bool_]:
    near = np.zeros(len(members), dtype=bool)
    borders = [*range(0, len(members), 4096), len(members)]
    for start, end in pairwise(borders):
        left, right = signatures(leaders[start:end]), signatures(members[start:end])
        near[start:end] = similarity(left, right) >= threshold
    return near
