"""The real Gemma 3 270M, from the package that the extra `gemma3-270m` brings."""

from typing import Any

import numpy as np
import pytest

from reasoning_train.models import locate_base
from reasoning_train.models.tokenizer import Tokenizer, pad_left

TEXTS = (
    "The capital of France is Paris. The capital of Italy is",
    "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in "
    "May. How many clips did Natalia sell altogether in April and May? In April she sold 48, in",
)


@pytest.fixture(scope="module")
def pair(both: Any) -> Any:
    return both(locate_base("gemma3-270m").folder)


def test_logits(pair: Any) -> None:
    tokenizer = Tokenizer(pair.folder / "tokenizer.model")
    ids = [tokenizer.encode_prompt(text) for text in TEXTS]
    tokens = pad_left(ids, max(map(len, ids)), tokenizer.pad_id).astype(np.int64)
    ours, theirs = pair.logits(tokens)
    difference = np.abs(ours - theirs)[tokens != 0].max()
    print(f"greatest difference {difference:.1e}, greatest logit {np.abs(theirs).max():.1f}")
    assert difference < 1e-3
    assert (ours[:, -1].argmax(-1) == theirs[:, -1].argmax(-1)).all()
