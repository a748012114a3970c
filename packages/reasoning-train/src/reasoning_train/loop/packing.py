"""Several examples in a row of tokens, so that little of a batch is padding.

Rows are filled best-fit from a window of waiting examples, the longest first; what fits nowhere
waits for the next batch. The order follows from the order of the examples alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Example(NamedTuple):
    """Ids of a prompt and of its completion.

    Attributes:
        prompt: With BOS.
        completion: With the stop token.
        only: Of each completion token, whether the loss is of it; None for all of them.
    """

    prompt: list[int]
    completion: list[int]
    only: Sequence[bool] | None = None

    @property
    def wanted(self) -> list[int]:
        """1 for each completion token that the loss is of, else 0."""
        return [1] * len(self.completion) if self.only is None else [int(x) for x in self.only]

    @property
    def tokens(self) -> int:
        """Of prompt and completion."""
        return len(self.prompt) + len(self.completion)


@dataclass(frozen=True, slots=True)
class PackedBatch:
    """Rows that hold examples one after another, all `[R, T]` int32.

    Attributes:
        tokens: Prompt and completion ids side by side.
        segments: 0 at padding, else the example's number in its row, from 1.
        wanted: 1 at completion tokens that the loss is of.
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
        size = example.tokens
        if size > length:
            raise ValueError(f"an example has {size} tokens, a row {length}")
        waiting.append(example)
        window += size
        # Twice a batch's tokens to choose from fill its rows nearly whole.
        if window >= 2 * rows * length:
            packed, waiting = _fill(waiting, rows, length)
            window = sum(one.tokens for one in waiting)
            yield _batch(packed, length, pad_id)


def _fill(
    waiting: list[Example], rows: int, length: int
) -> tuple[list[list[Example]], list[Example]]:
    """Rows of examples, and those left. The one that has waited longest is always taken."""
    sizes = [one.tokens for one in waiting]
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
        for number, example in enumerate(examples, start=1):
            end = start + example.tokens
            tokens[row, start:end] = example.prompt + example.completion
            segments[row, start:end] = number
            wanted[row, start + len(example.prompt) : end] = example.wanted
            start = end
    return PackedBatch(tokens, segments, wanted)
