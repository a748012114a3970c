"""Endless batches in a seeded order, with every item once per epoch."""

import random
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def endless_batches(items: Sequence[T], size: int, *, seed: int | str) -> Iterator[list[T]]:
    """Yield batches of exactly `size` items, without end.

    Items left over at the end of an epoch begin the first batch of the next.

    Args:
        items: The items of an epoch.
        size: Number of items in a batch.
        seed: Seed of the order; each epoch has a different one.

    Raises:
        ValueError: `items` is empty.
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
