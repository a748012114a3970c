"""The model families that can be exported: sizes, configuration keys and tensor names.

A new family is an entry in `FAMILIES`; a larger model of a known family needs none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from reasoning_export.errors import ExportError

MAX_LAYERS = 1 << 10
MAX_SIZE = 1 << 24
"""Upper limits, far above any known model: a larger value means a broken or hostile config."""


class Architecture(StrEnum):
    """The `model_type` of a text model's `config.json`."""

    GEMMA3_TEXT = "gemma3_text"
    GEMMA2 = "gemma2"


@dataclass(frozen=True, slots=True)
class Family:
    """What distinguishes one family of models from another.

    Attributes:
        global_every: Every n-th layer attends globally; the others attend within a sliding window.
        global_theta: Default rotary base of the global layers.
        local_theta: Rotary base of the local layers; None if `rope_theta` is for all layers.
        norms_heads: Whether queries and keys are normalized per head.
        post_attention_norm: Tunix's name for the norm after attention.
        gguf_architecture: The architecture's name in GGUF.
        soft_caps: Whether attention scores and logits are soft-capped.
    """

    global_every: int
    global_theta: float
    local_theta: float | None
    norms_heads: bool
    post_attention_norm: str
    gguf_architecture: str
    soft_caps: bool


FAMILIES = {
    Architecture.GEMMA3_TEXT: Family(
        global_every=6,
        global_theta=1_000_000.0,
        local_theta=10_000.0,
        norms_heads=True,
        post_attention_norm="post_attention_norm",
        gguf_architecture="gemma3",
        soft_caps=False,
    ),
    Architecture.GEMMA2: Family(
        global_every=2,
        global_theta=10_000.0,
        local_theta=None,
        norms_heads=False,
        post_attention_norm="post_attn_norm",
        gguf_architecture="gemma2",
        soft_caps=True,
    ),
}

PRESETS = {
    "kaggle-gemma3-1b": (Architecture.GEMMA3_TEXT, 1152),
    "kaggle-gemma2-2b": (Architecture.GEMMA2, 2304),
}
"""Training presets, each with the architecture and `hidden_size` of its base model."""

MULTIMODAL = {"gemma3": Architecture.GEMMA3_TEXT}
"""The `model_type` of models that also read images, with that of their text model."""
MULTIMODAL_DEFAULTS: dict[str, Any] = {
    "head_dim": 256,
    "hidden_activation": "gelu_pytorch_tanh",
    "max_position_embeddings": 131_072,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "query_pre_attn_scalar": 256,
    "rms_norm_eps": 1e-6,
    "vocab_size": 262_208,
}
"""Values that `text_config` omits when they are the defaults of `transformers`."""
SHARED_KEYS = ("bos_token_id", "dtype", "eos_token_id", "pad_token_id", "torch_dtype")
"""Keys of a multimodal config that also apply to its text model."""
TEXT_PREFIXES = {"language_model.": "", "model.language_model.": "model."}
"""Prefixes of the text model's tensors in a multimodal checkpoint, with their replacements."""
IMAGE_PREFIXES = ("vision_tower.", "multi_modal_projector.")


def is_multimodal(config: Mapping[str, Any]) -> bool:
    """Whether a `config.json` describes a model that reads images as well as text."""
    return config.get("model_type") in MULTIMODAL


def text_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """The text model's part of a `config.json`, as a config of its own.

    Args:
        config: The whole file. The larger Gemma 3 models nest the part under `text_config`.

    Raises:
        ExportError: A multimodal config has no `text_config`.
    """
    if not is_multimodal(config):
        return dict(config)
    nested = config.get("text_config")
    if not isinstance(nested, dict):
        raise ExportError(f"config.json: text_config is {nested!r:.200}; it must be an object")
    shared = {key: config[key] for key in SHARED_KEYS if key in config}
    return {
        **MULTIMODAL_DEFAULTS,
        **shared,
        **nested,
        "model_type": str(MULTIMODAL[config["model_type"]]),
        "architectures": ["Gemma3ForCausalLM"],
    }


def text_tensor_name(stored: str) -> str | None:
    """The name that a stored tensor has in the text model; None for a part that reads images."""
    if stored.removeprefix("model.").startswith(IMAGE_PREFIXES):
        return None
    for prefix, replacement in TEXT_PREFIXES.items():
        if stored.startswith(prefix):
            return replacement + stored.removeprefix(prefix)
    return stored


@dataclass(frozen=True, slots=True)
class ModelShape:
    """The sizes that determine the shape of every tensor of a model.

    Attributes:
        architecture: Selects the family of tensor names and norms.
        layers: Number of decoder blocks.
        vocabulary: Number of rows of the embedding, V.
        width: Width of the residual stream, D.
        hidden: Width of the feed-forward layer, F.
        heads: Number of query heads, N.
        kv_heads: Number of key and value heads, K.
        head: Width of one head, H.
    """

    architecture: Architecture
    layers: int
    vocabulary: int
    width: int
    hidden: int
    heads: int
    kv_heads: int
    head: int

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Read the sizes from a `config.json`, multimodal or text-only.

        Raises:
            ExportError: The architecture is not supported, or a size is missing or out of range.
        """
        config = text_config(config)
        model_type = config.get("model_type")
        if model_type not in list(Architecture):
            known = ", ".join((*Architecture, *MULTIMODAL))
            raise ExportError(
                f"config.json: model_type {model_type!r} is not supported; choose from {known}"
            )
        return cls(
            architecture=Architecture(model_type),
            layers=_size(config, "num_hidden_layers"),
            vocabulary=_size(config, "vocab_size"),
            width=_size(config, "hidden_size"),
            hidden=_size(config, "intermediate_size"),
            heads=_size(config, "num_attention_heads"),
            kv_heads=_size(config, "num_key_value_heads"),
            head=_size(config, "head_dim"),
        )

    @property
    def family(self) -> Family:
        """The family of the model's architecture."""
        return FAMILIES[self.architecture]

    @property
    def fused_qkv(self) -> bool:
        """Whether Tunix stores queries, keys and values as one tensor (when N = K)."""
        return self.heads == self.kv_heads


def _size(config: Mapping[str, Any], key: str) -> int:
    value = config.get(key)
    limit = MAX_LAYERS if key == "num_hidden_layers" else MAX_SIZE
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < limit:
        raise ExportError(f"config.json: {key} is {value!r}; it must be a positive integer")
    return value
