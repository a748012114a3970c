import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import sentencepiece as spm
from safetensors.numpy import load_file, save_file

from reasoning_train.errors import UserError
from reasoning_train.models import BaseModelFiles, locate_base
from reasoning_train.models.stop_token import (
    EMBEDDING,
    check_stop,
    known_stop,
    likeness_to_unused,
)

UNUSED_ID = 7
"""Row of the tiny model's embedding that the tests' tokenizer names `<unused0>`."""


@pytest.fixture
def pretrained(tmp_path: Path) -> BaseModelFiles:
    """Make a tiny model that never learned `<end_of_turn>`: its embedding is an unused token's."""
    tiny = locate_base("tiny-gemma3")
    folder = tmp_path / "model"
    shutil.copytree(tiny.folder, folder)
    proto = _proto(folder)
    stop = next(i for i, piece in enumerate(proto.pieces) if piece.piece == "<end_of_turn>")
    proto.pieces[UNUSED_ID].piece = "<unused0>"
    (folder / "tokenizer.model").write_bytes(proto.SerializeToString())
    tensors = load_file(folder / "model.safetensors")
    table = tensors[EMBEDDING].copy()
    noise = np.random.default_rng(0).normal(size=table.shape[1]).astype(np.float32)
    unused = table[UNUSED_ID].astype(np.float32)
    scale = 0.1 * np.linalg.norm(unused) / np.linalg.norm(noise)
    table[stop] = (unused + scale * noise).astype(table.dtype)
    save_file(tensors | {EMBEDDING: table}, folder / "model.safetensors")
    return BaseModelFiles("tiny-gemma3", tiny.architecture, folder, {}, tiny.origin)


def _proto(folder: Path):  # type: ignore[no-untyped-def]
    from sentencepiece import sentencepiece_model_pb2

    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString((folder / "tokenizer.model").read_bytes())
    return proto


def test_a_marker_like_an_unused_token_is_refused(pretrained: BaseModelFiles) -> None:
    assert likeness_to_unused(pretrained.folder, "<end_of_turn>") > 0.95
    with pytest.raises(UserError, match=r"--data\.style gemma-pt"):
        check_stop(pretrained, "gemma")


def test_the_end_of_text_is_known(pretrained: BaseModelFiles) -> None:
    assert likeness_to_unused(pretrained.folder, "<eos>") < 0.95
    check_stop(pretrained, "gemma-pt")
    assert known_stop(pretrained.folder) == "<eos>"


def test_a_marker_that_was_learned_is_fine() -> None:
    tiny = locate_base("tiny-gemma3")
    assert known_stop(tiny.folder) == "<end_of_turn>"
    check_stop(tiny, "bare")


def test_shards_are_found_by_their_index(pretrained: BaseModelFiles) -> None:
    folder = pretrained.folder
    before = likeness_to_unused(folder, "<end_of_turn>")
    (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
    index = {"weight_map": {EMBEDDING: "model-00001-of-00001.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert likeness_to_unused(folder, "<end_of_turn>") == before


def test_a_tokenizer_without_unused_tokens_says_nothing() -> None:
    folder = locate_base("tiny-gemma3").folder
    model = spm.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    assert model.piece_to_id("<unused0>") == model.unk_id()
    assert likeness_to_unused(folder, "<end_of_turn>") == 0.0
