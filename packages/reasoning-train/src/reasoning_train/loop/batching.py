"""Endless, seeded batches: every problem once an epoch, in an order that follows from the seed."""

import random
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def endless_batches(items: Sequence[T], size: int, *, seed: int | str) -> Iterator[list[T]]:
    """Yield batches of exactly `size`; an epoch's ragged rest begins the next one's first batch.

    Raises:
        ValueError: If there is nothing to draw from.
    """
    if not items:
        raise ValueError("no items to make batches of")
    pending: list[T] = []
    epoch = 0
    while True:
        order = random.Random(f"{seed}:{epoch}").sample(items, len(items))
        pending += order
        epoch += 1
        while len(pending) >= size:
            yield pending[:size]
            pending = pending[size:]
