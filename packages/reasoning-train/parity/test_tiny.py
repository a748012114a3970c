"""Tiny random Gemma 3 and Gemma 2: the same logits and the same token log-probabilities.

`transformers` draws the weights and writes the folder, so nothing of ours is on that side.
"""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from transformers import Gemma2Config, Gemma2ForCausalLM, Gemma3ForCausalLM, Gemma3TextConfig

from reasoning_train.engine.logps import completion_logps

TOLERANCE = 1e-3
WINDOW = 32
COMMON: dict[str, Any] = {
    "vocab_size": 320,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_attention_heads": 4,
    "head_dim": 8,
    "query_pre_attn_scalar": 8,
    "sliding_window": WINDOW,
    "bos_token_id": 2,
    "eos_token_id": 1,
    "pad_token_id": 0,
}


def gemma3() -> Any:
    config = Gemma3TextConfig(**COMMON, num_hidden_layers=6, num_key_value_heads=1)
    return Gemma3ForCausalLM(config)


def gemma2() -> Any:
    config = Gemma2Config(
        **COMMON,
        num_hidden_layers=4,
        num_key_value_heads=2,
        attn_logit_softcapping=5.0,
        final_logit_softcapping=2.0,
    )
    return Gemma2ForCausalLM(config)


@pytest.fixture(scope="module", params=[gemma3, gemma2], ids=["gemma3", "gemma2"])
def pair(request: pytest.FixtureRequest, both: Any, tmp_path_factory: Any) -> Any:
    folder = tmp_path_factory.mktemp(request.param.__name__)
    torch.manual_seed(0)
    model = request.param()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0.0, 0.3)
    model.save_pretrained(folder)
    return both(folder)


def rows(length: int, padding: int) -> np.ndarray[Any, Any]:
    tokens = np.random.default_rng(0).integers(4, 320, (2, length))
    tokens[1, :padding] = 0
    return tokens


def test_logits_longer_than_the_window(pair: Any) -> None:
    ours, theirs = pair.logits(rows(WINDOW + 24, padding=0))
    difference = np.abs(ours - theirs).max()
    print(f"greatest difference {difference:.1e}, greatest logit {np.abs(theirs).max():.1f}")
    assert difference < TOLERANCE


def test_logits_of_padded_rows(pair: Any) -> None:
    tokens = rows(WINDOW - 4, padding=7)
    ours, theirs = pair.logits(tokens)
    assert np.abs(ours - theirs)[tokens != 0].max() < TOLERANCE


def test_log_probabilities_of_completions(pair: Any) -> None:
    tokens = rows(WINDOW - 4, padding=7)
    _, theirs = pair.logits(tokens)
    prompt, completion = tokens[:, :16], tokens[:, 16:]
    found = completion_logps(
        pair.tunix, jnp.array(prompt), jnp.array(completion), pad_id=0, temperature=0.8
    )
    logs = torch.log_softmax(torch.tensor(theirs[:, 15:-1]) / 0.8, dim=-1)
    expected = torch.gather(logs, 2, torch.tensor(completion)[..., None])[..., 0].numpy()
    assert np.abs(np.asarray(found.logps) - expected).max() < TOLERANCE
    entropy = -(logs.exp() * logs).sum(-1).numpy()
    assert np.abs(np.asarray(found.entropy) - entropy).max() < TOLERANCE
