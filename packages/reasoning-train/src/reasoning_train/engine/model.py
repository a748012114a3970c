"""Gemma from a Hugging Face folder, as it is or with LoRA, as Tunix's own class."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import jax
import jax.numpy as jnp
import qwix
from flax import nnx
from jax.sharding import Mesh
from tunix.models.safetensors_loader import load_and_create_model

from reasoning_train.engine.gemma import (
    Gemma2,
    Gemma3,
    Policy,
    model_class,
    model_config,
    params_module,
)
from reasoning_train.errors import UserError

__all__ = [
    "Gemma2",
    "Gemma3",
    "Lora",
    "Policy",
    "adapter_scale",
    "add_lora",
    "frozen_copy",
    "load_base",
    "model_config",
    "trained_type",
    "without_adapters",
]


@dataclass(frozen=True, slots=True)
class Lora:
    """Low-rank adapters (arXiv 2106.09685): `W + alpha/rank * A B` on every module that matches.

    Attributes:
        rank: Inner dimension of the two factors.
        alpha: Scale; the product counts `alpha / rank` times.
        targets: Regular expression over Tunix module paths such as `layers/0/attn/q_einsum`.
    """

    rank: int
    alpha: float
    targets: str


def load_base(folder: Path, *, dtype: str, remat: bool, mesh: Mesh) -> Policy:
    """The model of a Hugging Face folder (`config.json`, `*.safetensors`), sharded over `mesh`.

    The folder's names and shapes are taken as checked (`models.check`): Tunix's loader leaves out
    what it does not know.
    """
    numbers = jnp.dtype(dtype)
    config = model_config(folder, dtype=numbers, remat=remat)
    if not any(folder.glob("*.safetensors")):
        raise UserError(f"no weights in {str(folder)!r}: expected *.safetensors")
    # Tunix's own `create_model_from_safe_tensors` fixes the class, and for Gemma 2 reads the whole
    # embedding once more to learn its size.
    params = params_module(config)
    model = load_and_create_model(
        str(folder),
        model_class(config),
        config,
        params._get_key_and_transform_mapping,
        mesh,
        params._make_preprocess_fn(config),
        numbers,
    )
    return cast(Policy, model)


def add_lora(model: Policy, lora: Lora, *, seed: int, mesh: Mesh) -> Policy:
    """The model with adapters: A random from `seed`, B zero, so its outputs are still the base's.

    That the targets match anything is taken as checked (`models.check`).
    """
    provider = qwix.LoraProvider(module_path=lora.targets, rank=lora.rank, alpha=lora.alpha)
    with mesh, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        adapted = qwix.apply_lora_to_model(
            model, provider, rngs=nnx.Rngs(seed), **_trial_input(model, mesh)
        )
        state = nnx.state(adapted)
        sharded = jax.lax.with_sharding_constraint(state, nnx.get_partition_spec(state))
        nnx.update(adapted, sharded)
    adapted.adapter_scale = lora.alpha / lora.rank  # qwix keeps it to itself
    return cast(Policy, adapted)


def adapter_scale(model: Policy) -> float:
    """What multiplies the adapters' products in this model; 1 without any."""
    return float(getattr(model, "adapter_scale", 1.0))


def trained_type(model: Policy) -> type[nnx.Param[Any]]:
    """What training changes in this model: its adapters if it has any, else every weight."""
    adapters = jax.tree.leaves(nnx.state(model, nnx.LoRAParam))
    return nnx.LoRAParam if adapters else nnx.Param


def _trial_input(model: Policy, mesh: Mesh) -> dict[str, Any]:
    """What qwix calls the model with once, in as many rows as split over the mesh.

    Tunix's own has two rows: on eight chips its activation sharding cannot split them, and fails.
    """
    chips = mesh.shape["fsdp"]
    return {
        name: None if array is None else jnp.repeat(array, chips, axis=0)
        for name, array in model.get_model_input().items()
    }


def without_adapters(model: Policy) -> Policy:
    """The base of a model with adapters, whose weights are shared: its adapters are zeros."""
    graphdef, adapters, rest = nnx.split(model, nnx.LoRAParam, ...)  # type: ignore[misc]
    return cast(Policy, nnx.merge(graphdef, jax.tree.map(jnp.zeros_like, adapters), rest))


def frozen_copy(model: Policy) -> Policy:
    """The model with what is trained copied and the rest shared: a reference that stays put."""
    graphdef, trained, rest = nnx.split(model, trained_type(model), ...)  # type: ignore[misc]
    return cast(Policy, nnx.merge(graphdef, jax.tree.map(jnp.copy, trained), rest))
