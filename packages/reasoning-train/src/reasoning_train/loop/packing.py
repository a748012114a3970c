"""Packing of several examples into one row of tokens, so that little of a batch is padding.

Rows are filled by best fit from a window of waiting examples, longest first. Examples that fit
nowhere wait for the next batch. The order depends only on the order of the examples.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Example(NamedTuple):
    """Token ids of a prompt and of its completion.

    Attributes:
        prompt: With BOS.
        completion: With the stop token.
        only: Whether each completion token counts in the loss; None if all of them do.
    """

    prompt: list[int]
    completion: list[int]
    only: Sequence[bool] | None = None

    @property
    def wanted(self) -> list[int]:
        """1 for each completion token that the loss is computed on, else 0."""
        return [1] * len(self.completion) if self.only is None else [int(x) for x in self.only]

    @property
    def tokens(self) -> int:
        """Number of tokens of prompt and completion together."""
        return len(self.prompt) + len(self.completion)


@dataclass(frozen=True, slots=True)
class PackedBatch:
    """Batch of rows that hold examples one after another; all arrays are int32 `[R, T]`.

    Attributes:
        tokens: Token ids, each example's prompt directly followed by its completion.
        segments: Number of the example in its row, from 1; 0 at padding.
        wanted: 1 at completion tokens that the loss is computed on; 0 elsewhere.
    """

    tokens: np.ndarray
    segments: np.ndarray
    wanted: np.ndarray

    @property
    def inputs(self) -> Mapping[str, np.ndarray]:
        """Inputs of the loss by name."""
        return {"tokens": self.tokens, "segments": self.segments, "wanted": self.wanted}

    @property
    def examples(self) -> int:
        """Number of examples in the batch."""
        return int(self.segments.max(axis=1).sum())


def packed_batches(
    examples: Iterable[Example], *, rows: int, length: int, pad_id: int
) -> Iterator[PackedBatch]:
    """Pack a stream of examples into batches of shape `[rows, length]`.

    Args:
        examples: Token ids of the examples. The end of a finite stream, too short for a batch, is
            dropped.
        rows: Number of rows in a batch.
        length: Length of a row in tokens.
        pad_id: Id of the padding token.

    Raises:
        ValueError: An example is longer than a row.
    """
    waiting: list[Example] = []
    window = 0
    for example in examples:
        size = example.tokens
        if size > length:
            raise ValueError(f"an example has {size} tokens, but a row has only {length}")
        waiting.append(example)
        window += size
        # A choice of twice as many tokens as a batch holds fills its rows almost completely.
        if window >= 2 * rows * length:
            packed, waiting = _fill(waiting, rows, length)
            window = sum(one.tokens for one in waiting)
            yield _batch(packed, length, pad_id)


def _fill(
    waiting: list[Example], rows: int, length: int
) -> tuple[list[list[Example]], list[Example]]:
    """Return the examples of each row, and the examples left over.

    The example that has waited longest is always packed, so that none waits forever.
    """
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
