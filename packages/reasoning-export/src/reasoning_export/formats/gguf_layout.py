"""Metadata and tensor names of GGUF files for Gemma, and a reader for such files."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reasoning_export.errors import ExportError
from reasoning_export.formats.config_and_tokenizer import chat_template
from reasoning_export.gemma.chat_template import END_OF_TURN, MARKERS
from reasoning_export.gemma.families import ModelShape
from reasoning_export.gemma.forward import attentions
from reasoning_export.gemma.sentencepiece_model import open_tokenizer
from reasoning_export.gemma.tensor_layout import Array, sources
from reasoning_export.gemma.tokenizer import (
    CONTROL,
    SPACE,
    USER_DEFINED,
    sentence_pieces,
)

if TYPE_CHECKING:
    from gguf import GGUFWriter

LOCAL_THETA = 10_000.0


def tensor_names(shape: ModelShape) -> dict[str, str]:
    """The GGUF name of every tensor, by Hugging Face name."""
    import gguf

    kind = gguf.MODEL_ARCH[shape.family.gguf_architecture.upper()]
    table = gguf.get_tensor_name_map(kind, shape.layers)
    return {name: str(table.get_name(name, (".weight",))) for name in sources(shape)}


def write_metadata(
    writer: "GGUFWriter",
    config: Mapping[str, Any],
    name: str,
    base: Path,
    precision: str,
) -> None:
    """Write sizes, rotary positions and the tokenizer.

    Raises:
        ExportError: A model whose layers llama.cpp would compute otherwise.
    """
    import gguf

    shape = ModelShape.from_config(config)
    layers = list(attentions(config))
    # llama.cpp hard-codes the pattern of layers, and scales global positions only.
    period = shape.family.global_every
    for index, layer in enumerate(layers):
        local = (index + 1) % period != 0
        as_built_in = (LOCAL_THETA, 1.0)
        if local != (layer.window is not None) or (
            local and (layer.theta, layer.factor) != as_built_in
        ):
            raise ExportError(
                f"layer {index} is not what llama.cpp computes for {shape.architecture}: local "
                f"with base {LOCAL_THETA:g} but for every {period}th; export safetensors instead"
            )
    writer.add_name(name)
    writer.add_file_type(gguf.LlamaFileType[f"MOSTLY_{precision.upper()}"])
    writer.add_context_length(config.get("max_position_embeddings", 8192))
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head)
    writer.add_value_length(shape.head)
    writer.add_layer_norm_rms_eps(config.get("rms_norm_eps", 1e-6))
    writer.add_sliding_window(int(config["sliding_window"]))
    distant = next((layer for layer in layers if layer.window is None), None)
    if shape.family.local_theta is not None:
        writer.add_rope_freq_base(distant.theta if distant else shape.family.global_theta)
    if distant and distant.factor != 1:
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(distant.factor)
    if shape.family.soft_caps:
        writer.add_attn_logit_softcapping(config["attn_logit_softcapping"])
        writer.add_final_logit_softcapping(config["final_logit_softcapping"])
    _write_tokenizer(writer, base, shape)


def _write_tokenizer(writer: "GGUFWriter", base: Path, shape: ModelShape) -> None:
    import gguf

    model = open_tokenizer(base, shape.vocabulary)
    pieces = sentence_pieces(model)
    if len(pieces) > shape.vocabulary:
        raise ExportError(f"the tokenizer has {len(pieces)} pieces, the model {shape.vocabulary}")
    unused = [f"[PAD{index}]" for index in range(len(pieces), shape.vocabulary)]
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([*map(_token, pieces), *unused])
    writer.add_token_scores([*(piece.score for piece in pieces), *(-10_000.0 for _ in unused)])
    # As control tokens the markers are found in a rendered chat, not in any text.
    kinds = [CONTROL if piece.piece in MARKERS else int(piece.type) for piece in pieces]
    writer.add_token_types([*kinds, *(int(gguf.TokenType.UNUSED) for _ in unused)])
    writer.add_bos_token_id(model.bos_id())
    writer.add_eos_token_id(model.eos_id())
    if model.unk_id() >= 0:
        writer.add_unk_token_id(model.unk_id())
    if model.pad_id() >= 0:
        writer.add_pad_token_id(model.pad_id())
    if END_OF_TURN in (piece.piece for piece in pieces):
        writer.add_eot_token_id(model.piece_to_id(END_OF_TURN))
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(chat_template(base))


def _token(piece: Any) -> str:
    """The text of a piece; user-defined ones have plain spaces, as llama.cpp expects."""
    text = str(piece.piece)
    return text.replace(SPACE, " ") if piece.type == USER_DEFINED else text


def open_gguf(path: Path, shape: ModelShape) -> Callable[[str], Array]:
    """Open a GGUF file; return a function that reads a tensor by its Hugging Face name.

    Raises:
        ExportError: The file is broken, or holds other tensors than the model has.
    """
    from gguf import GGUFReader, quants

    try:
        reader = GGUFReader(path)
    except (ValueError, OSError, IndexError, KeyError) as error:
        raise ExportError(f"{str(path)!r} is no whole GGUF file: {error}") from None
    found = {tensor.name: tensor for tensor in reader.tensors}
    names = tensor_names(shape)
    if set(found) != set(names.values()):
        odd = min(set(found) ^ set(names.values()))
        raise ExportError(f"{str(path)!r}: tensor {odd!r} is missing or unknown")
    table = sources(shape)
    for name, source in table.items():
        size = tuple(int(axis) for axis in reversed(found[names[name]].shape))
        if size != source.shape:
            raise ExportError(f"{str(path)!r}: {names[name]} has shape {size}, not {source.shape}")

    def tensor(name: str) -> Array:
        stored = found[names[name]]
        values = quants.dequantize(stored.data, stored.tensor_type).astype(np.float32)
        shift = np.float32(1) if name.endswith("norm.weight") else np.float32(0)
        shaped: Array = values.reshape(table[name].shape) - shift
        return shaped

    return tensor
