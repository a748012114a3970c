"""Both families from a folder."""

import json
import shutil
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from safetensors.numpy import load_file, save_file

from reasoning_export.gemma.families import text_config
from reasoning_export.gemma.forward import logits as numpy_logits
from reasoning_train.engine.gemma import Gemma2, Gemma3, Policy, check_window, model_config
from reasoning_train.engine.model import load_base
from reasoning_train.errors import UserError

BATCH, LENGTH, VOCABULARY = 2, 16, 512
TOKENS = jnp.array(np.random.default_rng(0).integers(4, VOCABULARY, (BATCH, LENGTH)))
POSITIONS = jnp.broadcast_to(jnp.arange(LENGTH), (BATCH, LENGTH))
CAUSAL = jnp.broadcast_to(jnp.tril(jnp.ones((LENGTH, LENGTH), bool)), (BATCH, LENGTH, LENGTH))


def logits(model: Policy) -> jax.Array:
    return model(TOKENS, POSITIONS, None, CAUSAL)[0]


def test_gemma2_is_tunixs_and_bends_its_logits(gemma2: Policy) -> None:
    assert isinstance(gemma2, Gemma2)
    assert not isinstance(gemma2, Gemma3)
    found = logits(gemma2)
    assert found.shape == (BATCH, LENGTH, VOCABULARY)
    assert 1.9 < float(jnp.abs(found).max()) < 2.0


def test_the_text_of_a_multimodal_model_computes_what_numpy_does(
    gemma3_multimodal_folder: Path, mesh
) -> None:  # type: ignore[no-untyped-def]
    """Nested configuration, prefixed tensors, and rotary positions scaled on global layers."""
    folder = gemma3_multimodal_folder
    weights = load_file(folder / "model.safetensors")
    config = text_config(json.loads((folder / "config.json").read_text()))
    expected = numpy_logits(
        config, lambda name: weights[f"language_model.{name}"], TOKENS[0].tolist()
    )
    loaded = load_base(folder, dtype="float32", remat=False, mesh=mesh)
    np.testing.assert_allclose(logits(loaded)[0], expected, atol=2e-4)
    taken = model_config(folder, dtype=jnp.dtype("float32"), remat=False)
    assert (taken.local_scale_factor, taken.global_scale_factor) == (1.0, 8.0)


def test_shards_load_as_one_file_does(gemma2_folder: Path, tmp_path: Path, mesh) -> None:  # type: ignore[no-untyped-def]
    weights = load_file(gemma2_folder / "model.safetensors")
    shutil.copyfile(gemma2_folder / "config.json", tmp_path / "config.json")
    names = sorted(weights)  # keys and values of a layer end up in two files
    index = {}
    for number in (0, 1):
        file = f"model-0000{number + 1}-of-00002.safetensors"
        save_file({name: weights[name] for name in names[number::2]}, tmp_path / file)
        index |= dict.fromkeys(names[number::2], file)
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": index}))
    whole, sharded = (
        load_base(folder, dtype="float32", remat=False, mesh=mesh)
        for folder in (gemma2_folder, tmp_path)
    )
    for a, b in zip(*(jax.tree.leaves(nnx.state(m)) for m in (whole, sharded)), strict=True):
        np.testing.assert_array_equal(a, b)


def test_rows_longer_than_gemma2s_window_are_refused(gemma2: Policy, model: Policy) -> None:
    check_window(gemma2.config, 64)
    check_window(model.config, 10_000)
    with pytest.raises(UserError, match="a row has 65 tokens, Gemma 2's window is 64"):
        check_window(gemma2.config, 65)


def test_stock_gemma2_measures_its_window_from_the_wrong_end(gemma2_folder: Path, mesh) -> None:  # type: ignore[no-untyped-def]
    """Why: padding on the left changes the logits once a row is longer than the window."""
    short = json.loads((gemma2_folder / "config.json").read_text()) | {"sliding_window": 4}
    model = load_base(gemma2_folder, dtype="float32", remat=False, mesh=mesh)
    for layer in model.layers:
        layer.attn.sliding_window_size = short["sliding_window"]
    padding = 8
    padded = jnp.pad(TOKENS, ((0, 0), (padding, 0)))
    real = padded != 0
    positions = jnp.maximum(jnp.cumsum(real, axis=1) - 1, 0)
    causal = jnp.tril(jnp.ones((LENGTH + padding,) * 2, bool))[None] & real[:, None]
    found = model(padded, positions, None, causal)[0][:, padding:]
    assert float(jnp.abs(found - logits(model)).max()) > 0.01


@pytest.mark.parametrize(
    ("config", "message"),
    [(None, r"config\.json is missing"), ({"model_type": "llama"}, "'llama' model")],
)
def test_another_model_is_the_users(tmp_path: Path, config: object, message: str) -> None:
    if config is not None:
        (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match=message):
        model_config(tmp_path, dtype=jnp.dtype("float32"), remat=False)
