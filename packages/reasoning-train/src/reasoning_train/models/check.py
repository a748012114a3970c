"""Checks, before loading, that a model folder is complete and fits Tunix's model classes.

Only headers and JSON files are read. The checks are needed because Tunix's loader ignores unknown
tensors, loads every `*.safetensors` in the folder, and reads all tensors of a file with the dtype
of the first.
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
        folder: Model folder in Hugging Face layout.
        architecture: Expected `model_type` of its text model.

    Raises:
        UserError: Something is missing or does not fit; the message names the first such thing.
    """
    try:
        config = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError) as error:
        raise UserError(
            f"cannot read {str(folder / 'config.json')!r}: {error}; a model folder needs one"
        ) from error
    found = config.get("model_type")
    try:
        config = text_config(config)
        if config.get("model_type") != architecture:
            raise UserError(
                f"{str(folder)!r} holds a {found!r} model, not {architecture!r}; choose the "
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
    """Compare the configuration with the values that are hard-coded in Tunix's model classes."""
    gemma2 = shape.architecture is Architecture.GEMMA2
    for key in ("sliding_window", *(SOFTCAPS if gemma2 else ())):
        if key not in config:
            raise UserError(f"config.json lacks {key!r}; use the config.json of the original model")
    for key, value in _built_in(shape, gemma2=gemma2).items():
        if key in config and (config[key] or None) != (value or None):
            raise UserError(
                f"config.json: {key} is {config[key]!r}, but Tunix's model class supports only "
                f"{value!r}; choose another model"
            )
    for layer in attentions(config):
        if gemma2 and (layer.theta, layer.factor) != (GEMMA2_THETA, 1.0):
            raise UserError(
                f"config.json: rope_theta is {layer.theta:g} with scaling factor "
                f"{layer.factor:g}, but Tunix's Gemma 2 supports only {GEMMA2_THETA:g} and 1; "
                "choose another model"
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
                f"{path.name!r} in {str(folder)!r} is not one of the model's files "
                f"({', '.join(files)}) but would be loaded too; move it to another folder"
            )
        kinds = _dtypes(path)
        if len(kinds) > 1:
            raise UserError(
                f"{str(path)!r} mixes {' and '.join(sorted(kinds))}; save all tensors in one dtype"
            )


def _dtypes(path: Path) -> set[str]:
    """Return the dtypes in a file's header, which is its length in 8 bytes followed by JSON."""
    with path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return {entry["dtype"] for name, entry in header.items() if name != "__metadata__"}


def _check_tokenizer(tokenizer: Tokenizer, config: dict[str, Any]) -> None:
    rows = config["vocab_size"]
    if tokenizer.vocabulary_size > rows:
        raise UserError(
            f"the tokenizer has {tokenizer.vocabulary_size} tokens, but the model's embedding has "
            f"only {rows} rows, so they belong to different models; use the tokenizer of this model"
        )
    # Chat fine-tunes often declare the end-of-turn token as EOS, and pad with either of the two.
    ends = {tokenizer.eos_id, tokenizer.stop_id}
    ids = {"bos": {tokenizer.bos_id}, "eos": ends, "pad": {tokenizer.pad_id, *ends}}
    for name, known in ids.items():
        expected = config.get(f"{name}_token_id")
        listed = expected if isinstance(expected, list) else [expected]
        if expected is not None and not known.intersection(listed):
            raise UserError(
                f"the tokenizer's {name} token is {' or '.join(map(str, sorted(known)))}, but "
                f"config.json has {name}_token_id {expected!r}, so they belong to different "
                "models; use the tokenizer of this model"
            )


def check_targets(folder: Path, targets: str) -> None:
    """Check that the LoRA targets match a module of the model, in the same way as qwix.

    Args:
        folder: Model folder that `check_folder` has accepted.
        targets: Regular expression for full module paths such as `layers/0/attn/q_einsum`.

    Raises:
        UserError: The text is not a regular expression, or it matches no module.
    """
    shape = ModelShape.from_config(json.loads((folder / "config.json").read_bytes()))
    modules = {name.rsplit(".", 1)[0].replace(".", "/") for name in lora_shapes(shape, rank=1)}
    try:
        found = any(re.fullmatch(targets, module) for module in modules)
    except re.error as error:
        raise UserError(
            f"model.lora_targets {targets!r} is not a regular expression: {error}"
        ) from error
    if not found:
        raise UserError(
            f"model.lora_targets {targets!r} matches no module; the modules of a layer are "
            f"{', '.join(sorted(x for x in modules if x.startswith('layers/0/')))}"
        )
