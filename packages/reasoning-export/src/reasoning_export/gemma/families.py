"""The architectures that can be exported, and their sizes, as a `config.json` gives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from reasoning_export.errors import ExportError

LIMITS = {"num_hidden_layers": 1 << 10}
LIMIT = 1 << 24
"""No size of a model we know comes near these; a config that exceeds one is broken or hostile."""


class Architecture(StrEnum):
    """`model_type` of a Hugging Face config."""

    GEMMA3_TEXT = "gemma3_text"
    GEMMA2 = "gemma2"


@dataclass(frozen=True, slots=True)
class ModelShape:
    """Sizes that fix the shape of every tensor.

    Attributes:
        architecture: Which family of names and norms.
        layers: Decoder blocks.
        vocabulary: Rows of the embedding, V.
        width: Residual width, D.
        hidden: Feed-forward width, F.
        heads: Query heads, N.
        kv_heads: Key and value heads, K.
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
        """Read a `config.json`.

        Raises:
            ExportError: An architecture we cannot export, or a size that is missing or absurd.
        """
        model_type = config.get("model_type")
        if model_type not in list(Architecture):
            known = ", ".join(Architecture)
            raise ExportError(f"config.json: model_type {model_type!r} is none of {known}")
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
    def fused_qkv(self) -> bool:
        """Tunix keeps queries, keys and values in one tensor when there are as many of each."""
        return self.heads == self.kv_heads


def _size(config: Mapping[str, Any], key: str) -> int:
    value = config.get(key)
    limit = LIMITS.get(key, LIMIT)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < limit:
        raise ExportError(f"config.json: {key} is {value!r}; it must be a positive integer")
    return value
