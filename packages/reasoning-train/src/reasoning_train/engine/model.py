"""Gemma 3 from a Hugging Face folder, with LoRA, as Tunix's own class."""

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import qwix
from flax import nnx
from jax.sharding import Mesh
from tunix.models.gemma3.model import Gemma3, ModelConfig, RematConfig
from tunix.models.gemma3.params_safetensors import create_model_from_safe_tensors

from reasoning_train.errors import UserError

Policy = Gemma3
"""The class of every model here."""


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


def model_config(folder: Path, *, dtype: jnp.dtype, remat: bool) -> ModelConfig:
    """Tunix's configuration for the `config.json` of a Gemma 3 text model.

    Raises:
        UserError: If the folder has no such file, or it is another architecture.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise UserError(f"no model at {str(folder)!r}: config.json is missing")
    config = json.loads(path.read_text())
    if config.get("model_type") != "gemma3_text":
        raise UserError(
            f"{str(path)!r} is a {config.get('model_type')!r} model; supported: 'gemma3_text'"
        )
    rope = config.get("rope_parameters", {})
    local = rope.get("sliding_attention", {}).get("rope_theta", config.get("rope_local_base_freq"))
    full = rope.get("full_attention", {}).get("rope_theta", config.get("rope_theta"))
    return ModelConfig(
        num_layers=config["num_hidden_layers"],
        num_embed=config["vocab_size"],
        embed_dim=config["hidden_size"],
        hidden_dim=config["intermediate_size"],
        num_heads=config["num_attention_heads"],
        num_kv_heads=config["num_key_value_heads"],
        head_dim=config["head_dim"],
        sliding_window_size=config["sliding_window"],
        local_base_frequency=int(local),
        global_base_frequency=int(full),
        remat_config=RematConfig.DECODER if remat else RematConfig.NONE,
        param_dtype=dtype,
    )


def load_base(folder: Path, *, dtype: str, remat: bool, mesh: Mesh) -> Gemma3:
    """The model of a Hugging Face folder (`config.json`, `*.safetensors`), sharded over `mesh`."""
    config = model_config(folder, dtype=jnp.dtype(dtype), remat=remat)
    if not any(folder.glob("*.safetensors")):
        raise UserError(f"no weights in {str(folder)!r}: expected *.safetensors")
    return create_model_from_safe_tensors(str(folder), config, mesh, config.param_dtype)


def add_lora(model: Gemma3, lora: Lora, *, seed: int, mesh: Mesh) -> Gemma3:
    """The model with adapters: A random from `seed`, B zero, so its outputs are still the base's.

    Raises:
        UserError: If no module matches the targets.
    """
    provider = qwix.LoraProvider(module_path=lora.targets, rank=lora.rank, alpha=lora.alpha)
    with mesh, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        adapted = qwix.apply_lora_to_model(
            model, provider, rngs=nnx.Rngs(seed), **model.get_model_input()
        )
        state = nnx.state(adapted)
        sharded = jax.lax.with_sharding_constraint(state, nnx.get_partition_spec(state))
        nnx.update(adapted, sharded)
    if not jax.tree.leaves(nnx.state(adapted, nnx.LoRAParam)):
        raise UserError(
            f"model.lora.targets {lora.targets!r} matches no module; "
            "paths look like layers/0/attn/q_einsum"
        )
    return adapted


def trained_type(model: Policy) -> type[nnx.Param[Any]]:
    """What training changes in this model: its adapters if it has any, else every weight."""
    adapters = jax.tree.leaves(nnx.state(model, nnx.LoRAParam))
    return nnx.LoRAParam if adapters else nnx.Param


def frozen_copy(model: Policy) -> Policy:
    """The model with what is trained copied and the rest shared: a reference that stays put."""
    graphdef, trained, rest = nnx.split(model, trained_type(model), ...)  # type: ignore[misc]
    return nnx.merge(graphdef, jax.tree.map(jnp.copy, trained), rest)
