"""Decoding through caches gives what whole forward passes of Tunix's model give."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax.sharding import Mesh

from reasoning_train.engine.decode.decoder import Decoder, Sampling
from reasoning_train.engine.logps import attention_inputs
from reasoning_train.engine.model import Lora, Policy, add_lora, load_base

PROMPTS = [[2, 60, 70, 80, 90, 100], [2, 40], [2, 50, 60, 70]]
LENGTH = 14
ALL = Lora(4, 8.0, ".*einsum|.*proj")


@pytest.fixture(params=["gemma3", "gemma2"])
def narrow(request: pytest.FixtureRequest, tmp_path: Path, mesh: Mesh) -> Policy:
    """A policy whose window is shorter than its prompts and its completions, all of it adapted."""
    name = "base_folder" if request.param == "gemma3" else "gemma2_folder"
    folder: Path = request.getfixturevalue(name)
    config = json.loads((folder / "config.json").read_text()) | {"sliding_window": 5}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "model.safetensors").symlink_to(folder / "model.safetensors")
    base = load_base(tmp_path, dtype="float32", remat=True, mesh=mesh)
    policy = add_lora(base, ALL, seed=0, mesh=mesh)
    moved = jax.tree.map(
        lambda x: x + 0.03 * jax.random.normal(jax.random.PRNGKey(3), x.shape),
        nnx.state(policy, nnx.LoRAParam),
    )
    nnx.update(policy, moved)
    return policy


def log_probabilities(policy: Policy, row: list[int]) -> jax.Array:
    """Of every place of a row that is not padded, `[T, V]`; the same size always, for one trace."""
    size = len(PROMPTS[0]) + LENGTH
    tokens = jnp.array([row + [7] * (size - len(row))])
    positions, mask = attention_inputs(jnp.ones_like(tokens))
    logits = _forward(policy, tokens, positions, mask)[0].at[:, 0].set(-1e30)
    return jax.nn.log_softmax(logits)


@nnx.jit
def _forward(policy: Policy, tokens: jax.Array, positions: jax.Array, mask: jax.Array) -> jax.Array:
    return policy(tokens, positions, None, mask)[0]


def test_greedy_is_the_argmax_of_whole_forward_passes(narrow: Policy, mesh: Mesh) -> None:
    decode = Decoder(narrow, mesh, prompt=8, completion=LENGTH)
    found = decode(PROMPTS, stop=-1, never=0)
    for prompt, tokens in zip(PROMPTS, found.tokens, strict=True):
        row = [*prompt, *tokens.tolist()]
        best = jnp.argmax(log_probabilities(narrow, row), axis=-1)
        assert row[len(prompt) :] == best[len(prompt) - 1 : len(row) - 1].tolist()


def test_log_probabilities_of_drawn_tokens_are_the_models(narrow: Policy, mesh: Mesh) -> None:
    decode = Decoder(narrow, mesh, prompt=8, completion=LENGTH)
    sampling = Sampling(jax.random.PRNGKey(2), 1.0)
    found = decode(PROMPTS * 2, stop=-1, never=0, sampling=sampling)
    for prompt, tokens, logps in zip(PROMPTS * 2, found.tokens, found.logps, strict=True):
        row = [*prompt, *tokens.tolist()]
        at = log_probabilities(narrow, row)[len(prompt) - 1 : len(row) - 1]
        np.testing.assert_allclose(logps, at[jnp.arange(LENGTH), tokens], atol=1e-5)
