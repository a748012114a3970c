"""Tunix's Gemma 2 and Gemma 3, configured by a Hugging Face `config.json`."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias, cast

import jax
import jax.numpy as jnp
from flax import nnx
from tunix.models.gemma import model as gemma2
from tunix.models.gemma import params_safetensors as gemma2_params
from tunix.models.gemma3 import model as gemma3
from tunix.models.gemma3 import params_safetensors as gemma3_params

from reasoning_export.gemma.families import text_config
from reasoning_export.gemma.forward import attentions
from reasoning_train.errors import UserError


class Gemma2(gemma2.Gemma):
    """Gemma 2."""


class Gemma3(gemma3.Gemma3):
    """Gemma 3, text only."""


Policy: TypeAlias = Gemma2 | Gemma3
"""The class of every model here."""

ModelConfig: TypeAlias = gemma2.ModelConfig | gemma3.ModelConfig
"""Tunix's configuration of one of them."""


def embedding(model: Policy) -> jax.Array:
    """Token embeddings `[V, D]`, which are the head too."""
    return cast(jax.Array, model.embedder.input_embedding.get_value())


def final_softcap(model: Policy) -> float | None:
    """Gemma 2 bends its logits to within ± this value."""
    return getattr(model.config, "final_logit_softcap", None)


def softcapped(logits: jax.Array, cap: float | None) -> jax.Array:
    """`cap · tanh(logits / cap)` (Gemma 2, arXiv 2408.00118, section 2)."""
    return logits if cap is None else cap * jnp.tanh(logits / cap)


def pop_hidden_states(model: Policy) -> jax.Array:
    """The states `[B, T, D]` that the last call with `output_hidden_states` left in the model."""
    sown = cast(Any, nnx.pop(model, nnx.Intermediate))
    return cast(jax.Array, sown["all_hidden_states"].get_value()[-1])


def model_config(folder: Path, *, dtype: jnp.dtype, remat: bool) -> ModelConfig:
    """Tunix's configuration for the `config.json` of a Gemma 2 or a Gemma 3, whose text is taken.

    Raises:
        UserError: If the folder has no such file, or it is another architecture.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise UserError(f"no model at {str(folder)!r}: config.json is missing")
    config = text_config(json.loads(path.read_text()))
    match config.get("model_type"):
        case "gemma3_text":
            return _gemma3_config(config, dtype, remat)
        case "gemma2":
            return _gemma2_config(config, remat)
        case other:
            raise UserError(
                f"{str(path)!r} is a {other!r} model; supported: 'gemma3', 'gemma3_text', 'gemma2'"
            )


def model_class(config: ModelConfig) -> type[Policy]:
    """The class that a configuration is for."""
    return Gemma2 if isinstance(config, gemma2.ModelConfig) else Gemma3


def params_module(config: ModelConfig) -> ModuleType:
    """Tunix's module that maps Hugging Face's tensors to this model."""
    module = gemma2_params if isinstance(config, gemma2.ModelConfig) else gemma3_params
    return cast(ModuleType, module)


def check_window(config: ModelConfig, length: int) -> None:
    """Refuse rows longer than Gemma 2's window.

    Tunix measures it from positions, which do not count padding, to places in the row, which do:
    in a left-padded row the window lies beside where it should.

    Raises:
        UserError: If a row of `length` tokens is longer than the window.
    """
    window = config.sliding_window_size
    if isinstance(config, gemma2.ModelConfig) and length > window:
        raise UserError(
            f"a row has {length} tokens, Gemma 2's window is {window}: lower data.prompt_tokens, "
            "data.completion_tokens or sft.packing"
        )


def _sizes(config: dict[str, Any]) -> dict[str, Any]:
    return {
        "num_layers": config["num_hidden_layers"],
        "num_embed": config["vocab_size"],
        "embed_dim": config["hidden_size"],
        "hidden_dim": config["intermediate_size"],
        "num_heads": config["num_attention_heads"],
        "num_kv_heads": config["num_key_value_heads"],
        "head_dim": config["head_dim"],
        "sliding_window_size": config["sliding_window"],
    }


def _gemma3_config(config: dict[str, Any], dtype: jnp.dtype, remat: bool) -> gemma3.ModelConfig:
    kinds = {layer.window is None: layer for layer in attentions(config)}
    near = kinds.get(False) or kinds[True]
    far = kinds.get(True, near)  # no layer of fewer than six attends globally
    return gemma3.ModelConfig(
        **_sizes(config),
        local_base_frequency=int(near.theta),
        local_scale_factor=near.factor,
        global_base_frequency=int(far.theta),
        global_scale_factor=far.factor,
        remat_config=gemma3.RematConfig.DECODER if remat else gemma3.RematConfig.NONE,
        param_dtype=dtype,
    )


def _gemma2_config(config: dict[str, Any], remat: bool) -> gemma2.ModelConfig:
    kinds = (gemma2.AttentionType.LOCAL_SLIDING, gemma2.AttentionType.GLOBAL)
    return gemma2.ModelConfig(
        **_sizes(config),
        final_logit_softcap=config["final_logit_softcapping"],
        attn_logits_soft_cap=config["attn_logit_softcapping"],
        use_post_attn_norm=True,
        use_post_ffw_norm=True,
        attention_types=tuple(kinds[i % 2] for i in range(config["num_hidden_layers"])),
        remat_config=gemma2.RematConfig.DECODER if remat else gemma2.RematConfig.NONE,
    )
