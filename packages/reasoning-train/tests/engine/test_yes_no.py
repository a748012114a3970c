import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reasoning_train.engine import yes_no
from reasoning_train.engine.model import Policy, without_adapters
from reasoning_train.engine.yes_no import LETTERS, YesNo
from reasoning_train.errors import UserError
from reasoning_train.models.tokenizer import Tokenizer


@pytest.fixture(autouse=True)
def short_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the window of the small Gemma 2."""
    monkeypatch.setattr(yes_no, "BUCKET", 32)


def logits_after(model: Policy, ids: list[int]) -> jax.Array:
    tokens = jnp.asarray([ids])
    positions = jnp.arange(len(ids))[None]
    mask = jnp.tril(jnp.ones((1, len(ids), len(ids)), dtype=bool))
    logits, _ = model(tokens, positions, None, mask)
    return logits[0, -1]


def test_the_share_of_yes_is_that_of_the_models_logits(
    policy: Policy, tokenizer: Tokenizer, mesh
) -> None:  # type: ignore[no-untyped-def]
    processor = tokenizer.processor
    prompts = ["Ann has 3 pens.", "Ann has 3 pens and buys 4 more. Is 7 right?", "Is it?"]
    found = YesNo(policy, tokenizer, mesh, length=64, rows=2)(prompts)
    words = {
        word: jnp.asarray(
            [i for p in LETTERS[word] if (i := processor.piece_to_id(p)) != processor.unk_id()]
        )
        for word in LETTERS
    }
    for prompt, value in zip(prompts, found, strict=True):
        odds = np.exp(logits_after(policy, tokenizer.encode_prompt(prompt)).astype(float))
        yes, no = (float(odds[words[word]].sum()) for word in ("yes", "no"))
        assert value == pytest.approx(yes / (yes + no), abs=1e-4)


def test_a_prompt_that_is_too_long_has_no_value(policy: Policy, tokenizer: Tokenizer, mesh) -> None:  # type: ignore[no-untyped-def]
    asked = YesNo(policy, tokenizer, mesh, length=8, rows=2)
    long, short = asked(["Ann has 3 pens. " * 9, "Ann?"])
    assert long is None
    assert short is not None
    assert asked([]) == []


def test_rows_longer_than_gemma2s_window_are_refused(
    gemma2: Policy, tokenizer: Tokenizer, mesh
) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UserError, match="window"):
        YesNo(gemma2, tokenizer, mesh, length=65, rows=1)


def test_a_vocabulary_without_the_words_is_refused(
    policy: Policy, tokenizer: Tokenizer, mesh, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setitem(LETTERS, "no", ("nein",))
    with pytest.raises(UserError, match="no token for 'no'"):
        YesNo(policy, tokenizer, mesh, length=8, rows=1)


def test_without_adapters_the_base_answers(
    model: Policy, loaded: Policy, tokenizer: Tokenizer
) -> None:
    from flax import nnx

    ids = tokenizer.encode_prompt("Ann has 3 pens.")
    before = logits_after(model, ids)  # fresh adapters change nothing
    adapters = nnx.state(model, nnx.LoRAParam)
    nnx.update(model, jax.tree.map(lambda x: x + 0.3, adapters))
    assert float(jnp.abs(logits_after(model, ids) - before).max()) > 0.1
    np.testing.assert_allclose(logits_after(without_adapters(model), ids), before, atol=1e-5)
