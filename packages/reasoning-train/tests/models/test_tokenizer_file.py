"""Folders saved by `transformers` 5, which have no `tokenizer.model`, can be read."""

import json
import shutil
from pathlib import Path

import pytest
from tokenizers import Tokenizer as HfTokenizer

from reasoning_export.gemma.tokenizer import load_sentencepiece, to_tokenizer_json
from reasoning_train.errors import UserError
from reasoning_train.models import locate_base
from reasoning_train.models.tokenizer import Tokenizer
from reasoning_train.models.tokenizer_file import tokenizer_file

TEXT = "<start_of_turn>user\nTom  has 12 pens, 東京.<end_of_turn>\n"


@pytest.fixture
def folder(base_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Save a tokenizer as `transformers` does, with an extra pad token that has no embedding."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = shutil.copytree(base_folder, tmp_path / "saved")
    tokenizer = to_tokenizer_json(load_sentencepiece(folder / "tokenizer.model"))
    tokenizer.add_special_tokens(["<mask>"])
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer.model").unlink()
    return folder


def test_the_own_model_goes_first(base_folder: Path) -> None:
    assert tokenizer_file(base_folder) == base_folder / "tokenizer.model"


def test_what_is_rebuilt_encodes_as_the_original(folder: Path, base_folder: Path) -> None:
    rebuilt = Tokenizer(locate_base("tiny-gemma3", str(folder)).tokenizer)
    original = Tokenizer(base_folder / "tokenizer.model")
    assert rebuilt.encode_prompt(TEXT) == original.encode_prompt(TEXT)
    assert rebuilt.vocabulary_size == original.vocabulary_size
    ids = ("pad_id", "bos_id", "eos_id", "stop_id")
    assert [getattr(rebuilt, k) for k in ids] == [getattr(original, k) for k in ids]


def test_it_is_rebuilt_once(folder: Path) -> None:
    path = tokenizer_file(folder)
    written = path.stat().st_mtime_ns
    assert tokenizer_file(folder) == path
    assert path.stat().st_mtime_ns == written
    assert folder not in path.parents


def test_another_kind_of_tokenizer_is_one_line(folder: Path) -> None:
    content = json.loads((folder / "tokenizer.json").read_text())
    content["model"] = {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}
    (folder / "tokenizer.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match="no BPE with byte fallback"):
        tokenizer_file(folder)


def test_one_that_cannot_be_rebuilt_is_refused(folder: Path) -> None:
    tokenizer = HfTokenizer.from_file(str(folder / "tokenizer.json"))
    content = json.loads(tokenizer.to_str())
    content["normalizer"] = {"type": "Lowercase"}
    (folder / "tokenizer.json").write_text(json.dumps(content))
    with pytest.raises(
        UserError, match=r"differs \(.*\): put the base model's tokenizer.model there"
    ):
        tokenizer_file(folder)
