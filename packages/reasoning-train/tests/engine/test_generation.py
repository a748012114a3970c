"""What a prompt becomes, and what is asked of every completion."""

import jax
import numpy as np
import pytest
from flax import nnx

from reasoning_train.engine.generation import Generator, Lengths
from reasoning_train.engine.model import Gemma3
from reasoning_train.models.tokenizer import Tokenizer

KEY = jax.random.PRNGKey(3)


@pytest.fixture
def generator(model: Gemma3, tokenizer: Tokenizer, lengths: Lengths, mesh) -> Generator:  # type: ignore[no-untyped-def]
    return Generator(model, tokenizer, lengths, mesh)


def test_the_seed_is_the_noise(generator: Generator, prompt: str) -> None:
    def draw(seed: int) -> list[str]:
        key = jax.random.PRNGKey(seed)
        return generator.sample([prompt] * 4, seed=key, temperature=1.0).texts

    assert draw(1) == draw(1) != draw(2)


def test_the_callers_key_is_left_alone(generator: Generator, prompt: str) -> None:
    key = jax.random.PRNGKey(8)
    generator.sample([prompt], seed=key, temperature=1.0)
    assert not key.is_deleted()


def test_a_group_is_sampled(generator: Generator, prompt: str) -> None:
    texts = generator.sample([prompt] * 6, seed=KEY, temperature=1.0).texts
    assert len(set(texts)) > 1


def test_greedy_is_the_same_for_the_same_prompt(generator: Generator, prompt: str) -> None:
    assert len(set(generator.greedy([prompt] * 3).texts)) == 1


def test_a_completion_ends_with_its_stop_token(
    model: Gemma3, base_folder, lengths: Lengths, mesh, prompt: str
) -> None:  # type: ignore[no-untyped-def]
    tokenizer = Tokenizer(base_folder / "tokenizer.model")
    whole = Generator(model, tokenizer, lengths, mesh).greedy([prompt])
    assert whole.finished == [False]
    assert len(whole.tokens[0]) == lengths.completion  # cut: no stop token is invented
    third = int(whole.tokens[0][2])
    tokenizer.stop_id = third  # a token that the model does say
    first = list(whole.tokens[0]).index(third)
    stopped = Generator(model, tokenizer, lengths, mesh).greedy([prompt])
    assert stopped.finished == [True]
    np.testing.assert_array_equal(stopped.tokens[0], whole.tokens[0][: first + 1])


def test_padding_is_never_said(  # type: ignore[no-untyped-def]
    model: Gemma3, base_folder, lengths: Lengths, mesh, prompt: str
) -> None:
    """As a token it would shift the positions of what follows it when the row is read again."""
    tokenizer = Tokenizer(base_folder / "tokenizer.model")
    said = Generator(model, tokenizer, lengths, mesh).greedy([prompt]).tokens[0]
    tokenizer.pad_id = int(said[0])  # a token that the model would say at once
    generator = Generator(model, tokenizer, lengths, mesh)
    rows = [
        *generator.greedy([prompt]).tokens,
        *generator.sample([prompt] * 16, seed=KEY, temperature=1.0).tokens,
    ]
    assert all(tokenizer.pad_id not in row for row in rows)


def test_new_weights_are_seen(generator: Generator, model: Gemma3, prompt: str) -> None:
    before = generator.greedy([prompt]).texts
    noise = jax.tree.map(
        lambda x: x + jax.random.normal(KEY, x.shape), nnx.state(model, nnx.LoRAParam)
    )
    nnx.update(model, noise)
    assert generator.greedy([prompt]).texts != before


def test_a_long_prompt_is_refused(generator: Generator, prompt: str) -> None:
    with pytest.raises(ValueError, match="the limit is 24"):
        generator.greedy([prompt * 3])
