import numpy as np
import pytest

from reasoning_train.engine.generation import Generator, Lengths
from reasoning_train.engine.model import Policy
from reasoning_train.engine.token_view import advantages, shown_tokens
from reasoning_train.models.tokenizer import Tokenizer


def test_a_greedy_completion_is_made_of_the_most_probable_tokens(
    model: Policy, tokenizer: Tokenizer, lengths: Lengths, mesh, prompt: str
) -> None:  # type: ignore[no-untyped-def]
    made = Generator(model, tokenizer, lengths, mesh).greedy([prompt])
    [text], [finished] = made.texts, made.finished
    rows = [(prompt, text, finished), (prompt, text[::-1], True)]
    greedy, reversed_ = shown_tokens(
        model, tokenizer, rows, lengths, mesh, temperature=1.0, columns=8
    )
    assert "".join(greedy.texts).replace(tokenizer.stop, "").strip() == text.strip()
    assert len(greedy.texts) == len(greedy.logps)
    assert max(greedy.logps) <= 0.0
    assert np.mean(greedy.logps) > np.mean(reversed_.logps) + 1.0
    assert len(reversed_.texts) <= lengths.completion


def test_advantages_are_those_of_the_loss() -> None:
    rewards = [1.0, 0.0, 0.5, 0.5, 0.2, 0.2, 0.2, 0.2]
    leave_one_out = [1 - 1 / 3, 0 - 2 / 3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert advantages(rewards, 4, "rloo") == pytest.approx(leave_one_out, abs=1e-6)
    assert advantages(rewards, 4, "drgrpo")[:2] == pytest.approx([0.5, -0.5])
