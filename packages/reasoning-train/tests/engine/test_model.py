from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax.sharding import AxisType
from tunix.models.gemma3.model import Gemma3 as StockGemma3

from reasoning_train.engine.gemma import model_config
from reasoning_train.engine.mesh import make_mesh
from reasoning_train.engine.model import (
    Gemma3,
    Lora,
    add_lora,
    frozen_copy,
    load_base,
    trained_type,
)
from reasoning_train.errors import UserError

TOKENS = jnp.array([[2, 40, 50, 60]])
POSITIONS = jnp.arange(4)[None]
CAUSAL = jnp.tril(jnp.ones((1, 4, 4), bool))


def logits(model: Gemma3) -> jax.Array:
    return model(TOKENS, POSITIONS, None, CAUSAL)[0]


def test_stock_mesh_axes_are_explicit_and_ours_are_auto(base_folder: Path) -> None:
    assert set(jax.make_mesh((1, 1), ("fsdp", "tp")).axis_types) == {AxisType.Explicit}
    assert set(make_mesh().axis_types) == {AxisType.Auto}
    config = model_config(base_folder, dtype=jnp.dtype("float32"), remat=False)
    with make_mesh():
        assert nnx.jit(logits)(StockGemma3(config, rngs=nnx.Rngs(0))).shape == (1, 4, 512)


def test_fresh_adapters_change_nothing(base_folder: Path, mesh) -> None:  # type: ignore[no-untyped-def]
    base = load_base(base_folder, dtype="float32", remat=False, mesh=mesh)
    expected = logits(base)
    adapted = add_lora(base, Lora(4, 8.0, ".*q_einsum"), seed=0, mesh=mesh)
    np.testing.assert_allclose(logits(adapted), expected, atol=1e-5)


def test_adapters_follow_from_the_seed(base_folder: Path, mesh) -> None:  # type: ignore[no-untyped-def]
    def adapters(seed: int) -> np.ndarray:
        base = load_base(base_folder, dtype="float32", remat=False, mesh=mesh)
        adapted = add_lora(base, Lora(4, 8.0, ".*q_einsum"), seed=seed, mesh=mesh)
        return np.concatenate(
            [np.ravel(x) for x in jax.tree.leaves(nnx.state(adapted, nnx.LoRAParam))]
        )

    np.testing.assert_array_equal(adapters(1), adapters(1))
    assert np.any(adapters(1) != adapters(2))


def test_a_frozen_copy_stays_put_and_shares_the_backbone(model: Gemma3) -> None:
    reference = frozen_copy(model)
    before = logits(reference)
    moved = jax.tree.map(lambda x: x + 0.1, nnx.state(model, nnx.LoRAParam))
    nnx.update(model, moved)
    np.testing.assert_array_equal(logits(reference), before)
    assert np.any(logits(model) != before)
    ours = model.embedder.input_embedding.get_value()
    assert reference.embedder.input_embedding.get_value() is ours


def test_without_adapters_the_whole_model_is_copied(base_folder: Path, mesh) -> None:  # type: ignore[no-untyped-def]
    model = load_base(base_folder, dtype="float32", remat=False, mesh=mesh)
    assert trained_type(model) is nnx.Param
    reference = frozen_copy(model)
    before = logits(reference)
    nnx.update(model, jax.tree.map(lambda x: x + 0.1, nnx.state(model, nnx.Param)))
    np.testing.assert_array_equal(logits(reference), before)


def test_a_folder_without_weights_is_the_users(base_folder: Path, tmp_path: Path, mesh) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "config.json").write_text((base_folder / "config.json").read_text())
    with pytest.raises(UserError, match="no weights"):
        load_base(tmp_path, dtype="float32", remat=False, mesh=mesh)
