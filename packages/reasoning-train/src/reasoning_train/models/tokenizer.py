"""Tokenizer with Gemma's rules for BOS, padding and the stop token."""

from pathlib import Path

import numpy as np
import sentencepiece as spm

from reasoning_data.rendering import END_OF_TURN
from reasoning_train.errors import UserError


class Tokenizer:
    """SentencePiece model with Gemma's control tokens.

    Prompts begin with exactly one BOS, and completions end with the stop token. Nothing else is
    added, so the ids of prompt and completion concatenated are the ids of the conversation.

    Args:
        model_file: Path of `tokenizer.model`.
        stop: Text of the stop token.

    Raises:
        UserError: The file is missing, or the model lacks one of the control tokens.
    """

    def __init__(self, model_file: Path, stop: str = END_OF_TURN) -> None:
        if not model_file.is_file():
            raise UserError(
                f"no tokenizer at {str(model_file)!r}: a model folder needs tokenizer.model"
            )
        self.processor = spm.SentencePieceProcessor(model_file=str(model_file))
        self.pad_id: int = self.processor.pad_id()
        self.bos_id: int = self.processor.bos_id()
        self.eos_id: int = self.processor.eos_id()
        self.stop = stop
        self.stop_id: int = self.processor.piece_to_id(stop)
        missing = [
            name
            for name, value in (("<pad>", self.pad_id), ("<bos>", self.bos_id))
            if value is None or value < 0
        ]
        if self.stop_id == self.processor.unk_id():
            missing.append(stop)
        if missing:
            raise UserError(
                f"the tokenizer {str(model_file)!r} lacks {', '.join(missing)}; use the tokenizer "
                "of a Gemma model"
            )

    @property
    def vocabulary_size(self) -> int:
        return int(self.processor.vocab_size())

    def encode_prompt(self, text: str) -> list[int]:
        """Return the ids of a prompt, with one BOS first even if the text already has one."""
        ids: list[int] = self.processor.encode(text)
        return ids if ids[:1] == [self.bos_id] else [self.bos_id, *ids]

    def encode_completion(self, text: str) -> list[int]:
        """Return the ids of a completion, ending with the stop token."""
        ids: list[int] = self.processor.encode(text.removesuffix(self.stop))
        return [*ids, self.stop_id]

    def tokens_within(self, text: str, start: int, end: int) -> list[bool] | None:
        """Return for each token of `encode_completion(text)` whether it overlaps a span.

        Args:
            text: Text of the completion.
            start: Index of the span's first character.
            end: Index after its last character.

        Returns:
            A Boolean per token; None if the tokens do not spell the text, for example because it
            has unknown characters.
        """
        text = text.removesuffix(self.stop)
        first, last = (len(text[:place].encode()) for place in (start, end))
        at, found = 0, []
        for token in self.processor.encode(text):
            piece = self.processor.id_to_piece(token)
            width = 1 if self.processor.is_byte(token) else len(piece.replace("▁", " ").encode())
            found.append(at < last and at + width > first)
            at += width
        return [*found, False] if at == len(text.encode()) else None

    def pieces(self, ids: list[int]) -> list[str]:
        """Return the text of each token; a token of a single byte is shown as `<0xE2>`."""
        names = (self.processor.id_to_piece(i).replace("▁", " ") for i in ids)
        return ["\n" if name == "<0x0A>" else name for name in names]

    def decode(self, ids: list[int]) -> str:
        text: str = self.processor.decode(ids)
        return text


def pad_left(rows: list[list[int]], length: int, pad_id: int) -> np.ndarray:
    """Right-align rows of token ids in an array.

    Args:
        rows: Token ids of each row.
        length: Number of columns.
        pad_id: Id of the padding token.

    Returns:
        Int32 array `[B, length]`.

    Raises:
        ValueError: A row is longer than `length`.
    """
    return _pad(rows, length, pad_id, left=True)


def pad_right(rows: list[list[int]], length: int, pad_id: int) -> np.ndarray:
    """Left-align rows of token ids in an array.

    Args:
        rows: Token ids of each row.
        length: Number of columns.
        pad_id: Id of the padding token.

    Returns:
        Int32 array `[B, length]`.

    Raises:
        ValueError: A row is longer than `length`.
    """
    return _pad(rows, length, pad_id, left=False)


def _pad(rows: list[list[int]], length: int, pad_id: int, *, left: bool) -> np.ndarray:
    out = np.full((len(rows), length), pad_id, dtype=np.int32)
    for index, row in enumerate(rows):
        if len(row) > length:
            raise ValueError(f"row {index} has {len(row)} tokens, more than {length}")
        if row:
            out[index, slice(length - len(row), None) if left else slice(len(row))] = row
    return out
