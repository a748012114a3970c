"""Order of a mixture: sources drawn by weight without replacement until all are exhausted.

`datasets.interleave_datasets` draws from all sources to the end, so once only a source of weight
0.001 is left it needs a thousand draws per row. Here, exhausted sources are no longer drawn. The
order follows from sizes, weights and seed alone, so a position is all that resuming needs.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from reasoning_data.errors import DataError

CHUNK = 4096


def mixture_order(
    sizes: Sequence[int], weights: Sequence[float], seed: int
) -> npt.NDArray[np.int64]:
    """Return the rows of all sources in the order of the mixture.

    Each draw picks one of the sources that still have rows, in proportion to its weight, and takes
    the next row of that source's own seeded shuffle.

    Args:
        sizes: Number of rows of each source.
        weights: Positive weight of each source; only their proportions matter.
        seed: Seed of the draws and the shuffles.

    Returns:
        `[sum(sizes)]`, a permutation of the row numbers of all sources concatenated.

    Raises:
        DataError: A weight is missing or not positive.
    """
    if len(sizes) != len(weights) or not all(0 < w < float("inf") for w in weights):
        raise DataError(f"{len(sizes)} sources need as many positive weights: {list(weights)!r}")
    picks = _picks(np.array(sizes), np.array(weights, dtype=float), np.random.default_rng(seed))
    order = np.empty(len(picks), dtype=np.int64)
    start = 0
    for source, size in enumerate(sizes):
        # A source's shuffle depends on the seed and its place, not on the other sources' sizes.
        shuffle = np.random.default_rng([seed, source]).permutation(size)
        order[picks == source] = start + shuffle
        start += size
    return order


def _picks(
    left: npt.NDArray[np.int64], weights: npt.NDArray[np.float64], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Return the source of every draw, `[sum of left]`."""
    chunks = []
    left = left.copy()
    while left.any():
        open_weights = np.where(left > 0, weights, 0.0)
        draw = rng.choice(len(left), size=CHUNK, p=open_weights / open_weights.sum())
        # Cut the chunk where a source runs out; the remaining sources continue from there.
        ends = [np.flatnonzero(draw == s)[n - 1 : n] for s, n in enumerate(left) if n > 0]
        end = min((int(e[0]) + 1 for e in ends if len(e)), default=CHUNK)
        chunks.append(draw[:end])
        left -= np.bincount(draw[:end], minlength=len(left))
    return np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.int64)
