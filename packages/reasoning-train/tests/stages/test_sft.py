from itertools import islice

import numpy as np
import pytest

from reasoning_train.config import load_config
from reasoning_train.config.schema import SftSection
from reasoning_train.engine.generation import Lengths
from reasoning_train.engine.sft import SftBatch
from reasoning_train.errors import UserError
from reasoning_train.loop.packing import Example, PackedBatch
from reasoning_train.stages.sft import filling, sft_batches

ROWS = [Example([2, 10 + i, 11], [20 + i] * (i % 5 + 1)) for i in range(30)]
LENGTHS = Lengths(prompt=4, completion=6)


def batches(seed: int = 3, **section: int) -> list[SftBatch | PackedBatch]:
    found = sft_batches(ROWS, SftSection(batch_size=4, **section), LENGTHS, seed=seed, pad_id=0)
    return list(islice(found, 12))


def test_an_example_a_row() -> None:
    first = batches()[0]
    assert isinstance(first, SftBatch)
    assert first.prompt_ids.shape == (4, 4)
    assert first.completion_ids.shape == (4, 6)
    real = np.count_nonzero(first.prompt_ids) + np.count_nonzero(first.completion_ids)
    assert filling(first, 0) == {"tokens": real, "padding": 1 - real / 40}


def test_the_loss_is_of_every_completion_token_or_of_those_alone_that_an_example_says() -> None:
    rows = [Example([2, 3], [5, 6, 7]), Example([2, 3], [8, 9, 10], [False, True, False])]
    found = next(sft_batches(rows, SftSection(batch_size=2), LENGTHS, seed=3, pad_id=0))
    assert isinstance(found, SftBatch)
    wanted = {ids[0]: mask for ids, mask in zip(found.completion_ids, found.wanted, strict=True)}
    assert wanted[5].tolist() == [1, 1, 1, 0, 0, 0]
    assert wanted[8].tolist() == [0, 1, 0, 0, 0, 0]


def test_packed_rows_hold_the_same_examples_with_little_padding() -> None:
    packed = batches(packing=24)
    assert all(isinstance(b, PackedBatch) and b.tokens.shape == (4, 24) for b in packed)
    padding = [np.mean([filling(b, 0)["padding"] for b in found]) for found in (packed, batches())]
    assert padding[0] < 0.1 < 0.3 < padding[1]
    seen = {int(token) for b in packed for token in b.inputs["tokens"][b.inputs["wanted"] == 1]}
    assert seen == {20 + i for i in range(30)}


@pytest.mark.parametrize(("packing", "name"), [(0, "completion_ids"), (24, "tokens")])
def test_the_order_follows_from_the_seed(packing: int, name: str) -> None:
    def drawn(seed: int) -> list[list[list[int]]]:
        return [batch.inputs[name].tolist() for batch in batches(seed, packing=packing)]

    assert drawn(3) == drawn(3) != drawn(4)


def test_a_row_that_cannot_hold_every_example_is_refused() -> None:
    with pytest.raises(UserError, match=r"sft.packing 95 is shorter than .* = 96"):
        load_config(preset="tiny", flags=["--sft.packing", "95"])
