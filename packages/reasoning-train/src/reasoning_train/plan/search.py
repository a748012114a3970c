"""The largest size that fits, with few questions: each is a compilation of minutes."""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Doublings:
    """How often a size can be doubled.

    Attributes:
        most: Doublings that fit; -1 if not even the size itself does.
        refused: The next number of doublings, which does not fit; None where the search ended
            before one.
    """

    most: int
    refused: int | None


def largest_doubling(needed: Callable[[int], float], usable: float, limit: int) -> Doublings:
    """Find the largest `k <= limit` with `needed(k) <= usable`; `needed` must not fall with k.

    Memory grows in a straight line with the rows, which double with k: after two answers the third
    question is about the k that the line reaches, and what is asked after that lies next to it.

    Args:
        needed: Bytes after so many doublings; infinite where nobody knows.
        usable: Bytes there are.
        limit: Doublings at most.
    """
    first = needed(0)
    if first > usable:
        return Doublings(-1, 0)
    if limit == 0:
        return Doublings(0, None)
    second = needed(1)
    if second > usable:
        return Doublings(0, 1)
    fits, refused = 1, limit + 1
    guess = _reached(second - first, usable - first, limit)
    while refused - fits > 1:
        guess = min(max(guess, fits + 1), refused - 1)
        if needed(guess) <= usable:
            fits, guess = guess, guess + 1
        else:
            refused, guess = guess, guess - 1
    return Doublings(fits, refused if refused <= limit else None)


def _reached(step: float, room: float, limit: int) -> int:
    """Doublings k with `step * (2**k - 1) <= room`."""
    return limit if step <= 0 else min(int(math.log2(1 + room / step)), limit)
