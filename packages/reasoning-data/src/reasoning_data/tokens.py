"""Token counts by the real tokenizer: a Hugging Face folder, or a SentencePiece model."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from reasoning_data.errors import DataError


class TokenCounter(Protocol):
    """What the package needs of a tokenizer; special tokens in the text count as one each."""

    def encode(self, text: str) -> list[int]:
        """Ids of a text, without an added `<bos>`."""

    def pieces(self, text: str) -> list[str]:
        """The text cut at its token boundaries."""

    def count(self, text: str) -> int:
        """Number of tokens of a text, without an added `<bos>`."""


class HfTokens:
    """A tokenizer that `transformers` loads."""

    def __init__(self, path: str) -> None:
        from transformers import AutoTokenizer

        self._tokenizer: Any = AutoTokenizer.from_pretrained(path)

    def encode(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return ids

    def pieces(self, text: str) -> list[str]:
        found = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        return [text[start:end] for start, end in found["offset_mapping"]]

    def count(self, text: str) -> int:
        return len(self.encode(text))


class SentencePieceTokens:
    """A SentencePiece model file."""

    def __init__(self, path: str) -> None:
        import sentencepiece

        self._model: Any = sentencepiece.SentencePieceProcessor(model_file=path)

    def encode(self, text: str) -> list[int]:
        ids: list[int] = self._model.encode(text)
        return ids

    def pieces(self, text: str) -> list[str]:
        found = self._model.encode(text, out_type="immutable_proto")
        return [piece.surface for piece in found.pieces]

    def count(self, text: str) -> int:
        return len(self.encode(text))


@lru_cache(maxsize=2)
def load_tokens(path: str) -> TokenCounter:
    """The tokenizer at a path: a folder with `tokenizer.json`, or a SentencePiece model.

    Raises:
        DataError: There is no tokenizer at that path.
    """
    model = sentencepiece_file(Path(path))
    if model:
        return SentencePieceTokens(str(model))
    if (Path(path) / "tokenizer.json").is_file():
        return HfTokens(path)
    raise DataError(
        f"no tokenizer at {path!r}; give a folder with tokenizer.json or tokenizer.model, "
        "or a SentencePiece .model file"
    )


def sentencepiece_file(path: Path) -> Path | None:
    """The SentencePiece model that a path names, if it names one."""
    if path.is_file() and path.suffix == ".model":
        return path
    model = path / "tokenizer.model"
    return model if model.is_file() and not (path / "tokenizer.json").is_file() else None


def tokenizer_sha256(path: str) -> str:
    """SHA-256 of the file that defines the tokenizer at a path."""
    file = sentencepiece_file(Path(path)) or Path(path) / "tokenizer.json"
    return hashlib.sha256(file.read_bytes()).hexdigest()
