import random
from collections import Counter
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_train.loop.packing import Example, PackedBatch, packed_batches

PAD = 0


def unpack(batch: PackedBatch) -> list[Example]:
    """Return the examples of a batch, reconstructed from its arrays."""
    found: list[Example] = []
    for tokens, segments, wanted in zip(batch.tokens, batch.segments, batch.wanted, strict=True):
        for number in range(1, segments.max() + 1):
            here = segments == number
            prompt = tokens[here & (wanted == 0)].tolist()
            found.append(Example(prompt, tokens[here & (wanted == 1)].tolist()))
            assert tokens[here].tolist() == prompt + found[-1][1]  # the prompt comes first
    return found


ids = st.lists(st.integers(1, 99), min_size=1, max_size=8)


@given(st.lists(st.builds(Example, ids, ids, st.none()), max_size=60), st.integers(1, 4))
def test_examples_are_whole_and_none_comes_twice(examples: list[Example], rows: int) -> None:
    batches = list(packed_batches(examples, rows=rows, length=16, pad_id=PAD))
    found = Counter(str(x) for batch in batches for x in unpack(batch))
    assert found <= Counter(map(str, examples))
    for batch in batches:
        assert batch.tokens.shape == (rows, 16)
        assert batch.examples == len(unpack(batch)) > 0
        assert ((batch.tokens == PAD) == (batch.segments == 0)).all()


def test_little_is_padding_and_nobody_waits_for_ever() -> None:
    draw = random.Random(0)
    lengths = [(draw.randint(60, 180), draw.randint(30, 160)) for _ in range(800)]
    examples = [Example([i + 1] * p, [i + 1] * c) for i, (p, c) in enumerate(lengths)]
    batches = list(packed_batches(examples, rows=4, length=1024, pad_id=PAD))
    assert np.mean([b.segments == 0 for b in batches]) < 0.05
    first = [next(i for i, b in enumerate(batches) if (b.tokens == n).any()) for n in range(1, 200)]
    assert max(first) <= 30


def test_the_order_follows_from_the_examples() -> None:
    examples = [Example([i + 1] * (i % 7 + 1), [i + 1]) for i in range(100)]

    def some() -> list[bytes]:
        batches = packed_batches(examples, rows=2, length=16, pad_id=PAD)
        return [b.tokens.tobytes() for b in islice(batches, 5)]

    assert some() == some()


def test_an_example_longer_than_a_row_is_an_error() -> None:
    with pytest.raises(ValueError, match="an example has 17 tokens, but a row has only 16"):
        next(packed_batches([Example([1] * 9, [2] * 8)], rows=1, length=16, pad_id=PAD))
