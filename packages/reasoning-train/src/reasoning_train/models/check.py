"""Is a model folder whole, and what Tunix's classes compute? Asked of headers, before any loading.

Tunix's loader leaves out tensors it does not know, takes every `*.safetensors` of the folder, and
reads all of a file's tensors as the first one's type.
"""

import json
import re
from pathlib import Path
from typing import Any

from reasoning_export import ExportError
from reasoning_export.gemma.families import Architecture, ModelShape, text_config
from reasoning_export.gemma.forward import attentions
from reasoning_export.gemma.tunix_shapes import lora_shapes
from reasoning_export.inputs.base_model import check_tensors
from reasoning_export.weights import WeightReader, weight_files
from reasoning_train.errors import UserError
from reasoning_train.models.tokenizer import Tokenizer
from reasoning_train.models.tokenizer_file import tokenizer_file


def check_folder(folder: Path, architecture: str) -> None:
    """Check a folder's configuration, tensor names and shapes, and tokenizer.

    Args:
        folder: In Hugging Face layout.
        architecture: The `model_type` that its text model must have.

    Raises:
        UserError: With the first thing that is missing or does not fit.
    """
    try:
        config = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read {str(folder / 'config.json')!r}: {error}") from error
    found = config.get("model_type")
    try:
        config = text_config(config)
        if config.get("model_type") != architecture:
            raise UserError(
                f"{str(folder)!r} holds a {found!r} model, not {architecture!r}: choose the "
                "model.name that fits the weights"
            )
        shape = ModelShape.from_config(config)
        _check_config(config, shape)
        with WeightReader(folder) as weights:
            check_tensors(weights, shape)
        _check_files(folder)
    except ExportError as error:
        raise UserError(f"{str(folder)!r}: {error}") from error
    _check_tokenizer(Tokenizer(tokenizer_file(folder)), config)


def _check_config(config: dict[str, Any], shape: ModelShape) -> None:
    """Compare with what Tunix's classes have built in."""
    gemma2 = shape.architecture is Architecture.GEMMA2
    for key in ("sliding_window", *(SOFTCAPS if gemma2 else ())):
        if key not in config:
            raise UserError(f"config.json lacks {key!r}")
    for key, value in _built_in(shape, gemma2=gemma2).items():
        if key in config and (config[key] or None) != (value or None):
            raise UserError(
                f"config.json: {key} is {config[key]!r}; Tunix's model computes with {value!r}"
            )
    for layer in attentions(config):
        if gemma2 and (layer.theta, layer.factor) != (GEMMA2_THETA, 1.0):
            raise UserError(
                f"config.json: rope_theta is {layer.theta:g} and scaled by {layer.factor:g}; "
                f"Tunix's Gemma 2 computes with {GEMMA2_THETA:g} and 1"
            )


SOFTCAPS = ("attn_logit_softcapping", "final_logit_softcapping")
GEMMA2_THETA = 10_000.0


def _built_in(shape: ModelShape, *, gemma2: bool) -> dict[str, Any]:
    every = 2 if gemma2 else 6
    kinds = [
        "sliding_attention" if (i + 1) % every else "full_attention" for i in range(shape.layers)
    ]
    return {
        "attention_bias": False,
        "hidden_activation": "gelu_pytorch_tanh",
        "layer_types": kinds,
        "query_pre_attn_scalar": shape.head,
        "rms_norm_eps": 1e-6,
        "tie_word_embeddings": True,
        "use_bidirectional_attention": False,
        **({} if gemma2 else dict.fromkeys(SOFTCAPS)),
    }


def _check_files(folder: Path) -> None:
    files = weight_files(folder)
    for path in sorted(folder.glob("*.safetensors")):
        if path.name not in files:
            raise UserError(
                f"{path.name!r} in {str(folder)!r} is not among the model's files "
                f"{', '.join(files)}, and would be read too: move it away"
            )
        kinds = _dtypes(path)
        if len(kinds) > 1:
            raise UserError(
                f"{str(path)!r} mixes {' and '.join(sorted(kinds))}: store all in one type"
            )


def _dtypes(path: Path) -> set[str]:
    """Of a file's header: its length in 8 bytes, then JSON."""
    with path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return {entry["dtype"] for name, entry in header.items() if name != "__metadata__"}


def _check_tokenizer(tokenizer: Tokenizer, config: dict[str, Any]) -> None:
    rows = config["vocab_size"]
    if tokenizer.vocabulary_size > rows:
        raise UserError(
            f"the tokenizer has {tokenizer.vocabulary_size} tokens, the model's embedding {rows} "
            "rows: they are of different models"
        )
    # Trainers that teach chats make the end of a turn the end of the text, and pad with either.
    ends = {tokenizer.eos_id, tokenizer.stop_id}
    ids = {"bos": {tokenizer.bos_id}, "eos": ends, "pad": {tokenizer.pad_id, *ends}}
    for name, known in ids.items():
        expected = config.get(f"{name}_token_id")
        listed = expected if isinstance(expected, list) else [expected]
        if expected is not None and not known.intersection(listed):
            raise UserError(
                f"the tokenizer's {name} is {' or '.join(map(str, sorted(known)))}, config.json's "
                f"{name}_token_id {expected!r}: they are of different models"
            )


def check_targets(folder: Path, targets: str) -> None:
    """Check that a LoRA target matches a module of the model, as qwix will match it.

    Args:
        folder: Checked by `check_folder`.
        targets: Regular expression over whole paths such as `layers/0/attn/q_einsum`.

    Raises:
        UserError: If it is no regular expression, or matches nothing.
    """
    shape = ModelShape.from_config(json.loads((folder / "config.json").read_bytes()))
    modules = {name.rsplit(".", 1)[0].replace(".", "/") for name in lora_shapes(shape, rank=1)}
    try:
        found = any(re.fullmatch(targets, module) for module in modules)
    except re.error as error:
        raise UserError(
            f"model.lora_targets {targets!r} is no regular expression: {error}"
        ) from error
    if not found:
        raise UserError(
            f"model.lora_targets {targets!r} matches no module; those of a layer are "
            f"{', '.join(sorted(x for x in modules if x.startswith('layers/0/')))}"
        )
