"""Token counts by the model's own tokenizer: a Hugging Face folder or a SentencePiece model."""

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from reasoning_data.errors import DataError

MARKER = re.compile(r"(<start_of_turn>|<end_of_turn>|<eos>)")


class TokenCounter(Protocol):
    """Interface of a tokenizer; each special token in a text counts as one token."""

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text, without an added `<bos>`."""

    def pieces(self, text: str) -> list[str]:
        """Return the text cut at its token boundaries."""

    def count(self, text: str) -> int:
        """Return the number of tokens of a text, without an added `<bos>`."""


class HfTokens:
    """Tokenizer loaded by `transformers`."""

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
    """Tokenizer from a SentencePiece model file.

    SentencePiece splits control symbols that occur in a text into pieces. The turn markers are
    therefore looked up in the vocabulary, as trainers do.
    """

    def __init__(self, path: str) -> None:
        import sentencepiece

        self._model: Any = sentencepiece.SentencePieceProcessor(model_file=path)

    def encode(self, text: str) -> list[int]:
        return [i for part in MARKER.split(text) for i in self._encode_part(part)]

    def pieces(self, text: str) -> list[str]:
        found: list[str] = []
        pending = b""
        for i in self.encode(text):
            if self._model.is_byte(i):
                # A character spelt in bytes belongs to the last of them.
                pending += bytes([int(self._model.id_to_piece(i)[3:5], 16)])
                piece, pending = _decode(pending)
            else:
                piece = self._model.id_to_piece(i).replace("\u2581", " ")
            found.append(piece)
        return found

    def count(self, text: str) -> int:
        return len(self.encode(text))

    def _encode_part(self, part: str) -> list[int]:
        marker = self._model.piece_to_id(part) if MARKER.fullmatch(part) else self._model.unk_id()
        ids: list[int] = self._model.encode(part)
        return ids if marker == self._model.unk_id() else [marker]


def _decode(data: bytes) -> tuple[str, bytes]:
    """Return the decoded character and b'', or '' and the bytes if they are incomplete."""
    try:
        return data.decode(), b""
    except UnicodeDecodeError:
        return "", data


@lru_cache(maxsize=2)
def load_tokens(path: str) -> TokenCounter:
    """Load the tokenizer at a path: a folder with `tokenizer.json`, or a SentencePiece model.

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
    """Return the SentencePiece model at a path, or None."""
    if path.is_file() and path.suffix == ".model":
        return path
    model = path / "tokenizer.model"
    return model if model.is_file() and not (path / "tokenizer.json").is_file() else None


def tokenizer_sha256(path: str) -> str:
    """Return the SHA-256 of the file that defines the tokenizer at a path."""
    file = sentencepiece_file(Path(path)) or Path(path) / "tokenizer.json"
    return hashlib.sha256(file.read_bytes()).hexdigest()
