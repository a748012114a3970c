"""Checkpoints as Tunix writes them, of adapters and of all weights, read back."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from tunix.sft.checkpoint_manager import CheckpointManager

from reasoning_train.engine.checkpoint import restore_weights, save_weights, share_weights
from reasoning_train.engine.model import Policy, load_base, trained_type
from reasoning_train.errors import UserError


def save(model: Policy, folder: Path) -> Path:
    """As Tunix's trainer does."""
    manager = CheckpointManager(str(folder))
    lora = trained_type(model) is nnx.LoRAParam
    manager.save(1, model, None, save_only_lora_params=lora, force=True)
    manager.close()
    return folder / "1" / "model_params"


def shifted(model: Policy) -> list[np.ndarray]:
    """Change what is trained; returns its new values."""
    kind = trained_type(model)
    nnx.update(model, jax.tree.map(lambda x: x + 0.5, nnx.state(model, kind)))
    return [np.array(x) for x in jax.tree.leaves(nnx.state(model, kind))]


@pytest.fixture
def full(base_folder: Path, mesh) -> Policy:  # type: ignore[no-untyped-def]
    return load_base(base_folder, dtype="float32", remat=False, mesh=mesh)


@pytest.mark.parametrize("by", ["tunix", "us"])
@pytest.mark.parametrize("training", ["lora", "full"])
def test_what_was_trained_comes_back(
    training: str, by: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    model: Policy = request.getfixturevalue("model" if training == "lora" else "full")
    kind = trained_type(model)
    assert kind is (nnx.LoRAParam if training == "lora" else nnx.Param)
    expected = shifted(model)
    if by == "tunix":
        path = save(model, tmp_path)
    else:
        path = tmp_path / "1" / "model_params"
        save_weights(model, path)
    nnx.update(model, jax.tree.map(jnp.zeros_like, nnx.state(model, kind)))
    restore_weights(model, path)
    for found, wanted in zip(jax.tree.leaves(nnx.state(model, kind)), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_adapters_do_not_fit_a_model_without_any(
    model: Policy, full: Policy, tmp_path: Path
) -> None:
    path = save(model, tmp_path)
    with pytest.raises(UserError, match="cannot restore"):
        restore_weights(full, path)


def test_a_missing_checkpoint_is_the_users(full: Policy, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot restore"):
        restore_weights(full, tmp_path / "none")


def test_weights_are_shared_until_the_other_model_changes(full: Policy) -> None:
    graphdef, state = nnx.split(full)
    other = nnx.merge(graphdef, jax.tree.map(jnp.copy, state))
    expected = shifted(other)
    share_weights(full, other)
    shifted(other)
    for found, wanted in zip(jax.tree.leaves(nnx.state(full)), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)
