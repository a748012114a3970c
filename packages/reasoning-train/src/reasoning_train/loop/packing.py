"""Several examples in a row of tokens, so that little of a batch is padding.

Rows are filled best-fit from a window of waiting examples, the longest first; what fits nowhere
waits for the next batch. The order follows from the order of the examples alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

Example = tuple[list[int], list[int]]
"""Ids of a prompt and of its completion."""


@dataclass(frozen=True, slots=True)
class PackedBatch:
    """Rows that hold examples one after another, all `[R, T]` int32.

    Attributes:
        tokens: Prompt and completion ids side by side.
        segments: 0 at padding, else the example's number in its row, from 1.
        wanted: 1 at completion tokens, which the loss is of.
    """

    tokens: np.ndarray
    segments: np.ndarray
    wanted: np.ndarray

    @property
    def inputs(self) -> Mapping[str, np.ndarray]:
        """What the loss takes, by name."""
        return {"tokens": self.tokens, "segments": self.segments, "wanted": self.wanted}

    @property
    def examples(self) -> int:
        """How many it holds."""
        return int(self.segments.max(axis=1).sum())


def packed_batches(
    examples: Iterable[Example], *, rows: int, length: int, pad_id: int
) -> Iterator[PackedBatch]:
    """Batches `[rows, length]` of an endless or finite stream; a finite one's rest is left out.

    Args:
        examples: None longer than `length`.
        rows: Of a batch.
        length: Of a row.
        pad_id: The padding token.

    Raises:
        ValueError: If an example is longer than a row.
    """
    waiting: list[Example] = []
    window = 0
    for example in examples:
        size = len(example[0]) + len(example[1])
        if size > length:
            raise ValueError(f"an example has {size} tokens, a row {length}")
        waiting.append(example)
        window += size
        # Twice a batch's tokens to choose from fill its rows nearly whole.
        if window >= 2 * rows * length:
            packed, waiting = _fill(waiting, rows, length)
            window = sum(len(p) + len(c) for p, c in waiting)
            yield _batch(packed, length, pad_id)


def _fill(
    waiting: list[Example], rows: int, length: int
) -> tuple[list[list[Example]], list[Example]]:
    """Rows of examples, and those left. The one that has waited longest is always taken."""
    sizes = [len(p) + len(c) for p, c in waiting]
    by_size = sorted(range(1, len(waiting)), key=lambda i: (-sizes[i], i))
    packed: list[list[Example]] = [[] for _ in range(rows)]
    room = [length] * rows
    taken = set()
    for index in (0, *by_size):
        fits = [row for row in range(rows) if room[row] >= sizes[index]]
        if fits:
            row = min(fits, key=lambda r: (room[r], r))
            packed[row].append(waiting[index])
            room[row] -= sizes[index]
            taken.add(index)
    return packed, [x for i, x in enumerate(waiting) if i not in taken]


def _batch(packed: list[list[Example]], length: int, pad_id: int) -> PackedBatch:
    tokens = np.full((len(packed), length), pad_id, np.int32)
    segments = np.zeros_like(tokens)
    wanted = np.zeros_like(tokens)
    for row, examples in enumerate(packed):
        start = 0
        for number, (prompt, completion) in enumerate(examples, start=1):
            end = start + len(prompt) + len(completion)
            tokens[row, start:end] = prompt + completion
            segments[row, start:end] = number
            wanted[row, start + len(prompt) : end] = 1
            start = end
    return PackedBatch(tokens, segments, wanted)
