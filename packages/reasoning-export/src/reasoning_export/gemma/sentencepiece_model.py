"""Rebuilds a SentencePiece model from `tokenizer.json`.

`transformers` 5 writes none. SentencePiece joins the pair that makes the piece with the best score,
`tokenizers` the pair that stands first among its merges: so a piece's score is the place of the
first merge that makes it. Covers Gemma's tokenizers, as `tokenizer` does; whatever else a file may
ask for shows as a difference in `check_same`.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reasoning_export.errors import ExportError
from reasoning_export.files import read_json
from reasoning_export.gemma.tokenizer import (
    BYTE,
    CONTROL,
    NORMAL,
    SPACE,
    UNKNOWN,
    UNUSED,
    USER_DEFINED,
    check_same,
    load_sentencepiece,
)

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor

MODEL, JSON = "tokenizer.model", "tokenizer.json"
BYTE_PIECE = re.compile(r"<0x[0-9A-F]{2}>")
PAD, EOS, BOS, UNK = "<pad>", "<eos>", "<bos>", "<unk>"
SAMPLE = 499
"""Every so many pieces of the vocabulary one is compared; a prime, so that no pattern is missed."""

Piece = tuple[str, float, int]
"""Text, score, and `SentencePiece.Type`."""


def open_tokenizer(folder: Path, rows: int) -> "SentencePieceProcessor":
    """Open the tokenizer of a model's folder, rebuilt from JSON if it has no `tokenizer.model`.

    Args:
        folder: In Hugging Face layout.
        rows: Of the model's embedding; pieces that were added beyond them are left out.

    Raises:
        ExportError: There is neither file, or none that can be read.
    """
    from sentencepiece import SentencePieceProcessor

    if (folder / MODEL).is_file():
        return load_sentencepiece(folder / MODEL)
    return SentencePieceProcessor(model_proto=rebuild(folder, rows))


def rebuild(folder: Path, rows: int) -> bytes:
    """Rebuild the serialized SentencePiece model from a folder's `tokenizer.json`.

    Raises:
        ExportError: It is missing, no BPE of Gemma's kind, or encodes otherwise than the file.
    """
    from sentencepiece import SentencePieceProcessor
    from tokenizers import Tokenizer  # type: ignore[import-untyped]

    path = folder / JSON
    if not path.is_file():
        raise ExportError(f"{str(folder)!r} has neither {MODEL} nor {JSON}")
    pieces = list(_pieces(read_json(path, "the tokenizer"), rows, path))
    proto = serialise(pieces)
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises a bare Exception
        raise ExportError(f"{str(path)!r} is no tokenizer: {error}") from None
    normal = [text.replace(SPACE, "") for text, _, kind in pieces if kind == NORMAL]
    sample = [" ".join(normal[start::SAMPLE]) for start in range(0, len(normal), SAMPLE)]
    try:
        check_same(SentencePieceProcessor(model_proto=proto), tokenizer, sample)
    except ExportError as error:
        raise ExportError(
            f"{str(folder)!r} has no {MODEL}, and one made from its {JSON} differs ({error}): "
            f"put the base model's {MODEL} there"
        ) from None
    return proto


def rebuilt_name(folder: Path, rows: int) -> str:
    """A file name for the result of `rebuild`, derived from the content of its source.

    Raises:
        ExportError: The folder has no `tokenizer.json`.
    """
    if not (folder / JSON).is_file():
        raise ExportError(f"{str(folder)!r} has neither {MODEL} nor {JSON}")
    digest = hashlib.sha256((folder / JSON).read_bytes()).hexdigest()
    return f"{digest[:16]}-{rows}.model"


def serialise(pieces: Sequence[Piece]) -> bytes:
    """Serialize pieces as a SentencePiece BPE model with Gemma's normalization rules."""
    from sentencepiece import sentencepiece_model_pb2

    proto = sentencepiece_model_pb2.ModelProto()  # type: ignore[attr-defined]
    for text, score, kind in pieces:
        proto.pieces.add(piece=text, score=score, type=kind)
    ids = {text: index for index, (text, _, _) in enumerate(pieces)}
    trainer = proto.trainer_spec
    trainer.model_type = trainer.BPE
    trainer.byte_fallback = True
    trainer.vocab_size = len(pieces)
    for name, text in (("unk", UNK), ("bos", BOS), ("eos", EOS), ("pad", PAD)):
        setattr(trainer, f"{name}_id", ids.get(text, -1))
        setattr(trainer, f"{name}_piece", text)
    normalizer = proto.normalizer_spec
    normalizer.name = "identity"
    normalizer.add_dummy_prefix = False
    normalizer.remove_extra_whitespaces = False
    normalizer.escape_whitespaces = True
    return bytes(proto.SerializeToString())


def _pieces(content: Mapping[str, Any], rows: int, path: Path) -> Iterator[Piece]:
    model, added = content.get("model"), content.get("added_tokens") or []
    if not isinstance(model, dict) or model.get("type") != "BPE" or not model.get("byte_fallback"):
        raise ExportError(f"{str(path)!r} holds no BPE with byte fallback, as Gemma's are")
    extra = {str(token["content"]): int(token["id"]) for token in added}
    by_id = {index: text for text, index in (model["vocab"] | extra).items() if index < rows}
    scores: dict[str, float] = {}
    for rank, pair in enumerate(model.get("merges") or []):
        scores.setdefault("".join(pair.split(" ", 1) if isinstance(pair, str) else pair), -rank)
    missing = [text for text in (PAD, EOS, BOS, UNK) if text not in by_id.values()]
    if missing:
        raise ExportError(f"{str(path)!r} lacks {missing[0]}")
    last = -float(len(scores))
    for index in range(max(by_id) + 1):
        text = by_id.get(index, f"<no piece {index}>")
        kind = _kind(text, known=index in by_id, added=text in extra, joined=text in scores)
        if kind == USER_DEFINED:  # looked for in the text as it is, in SentencePiece after escaping
            text = text.replace(" ", SPACE)
        yield text, scores.get(text, last - index) if kind == NORMAL else 0.0, kind


def _kind(text: str, *, known: bool, added: bool, joined: bool) -> int:
    if text == UNK:
        return UNKNOWN
    if text in (PAD, EOS, BOS):
        return CONTROL
    if added:
        return USER_DEFINED
    if BYTE_PIECE.fullmatch(text):
        return BYTE
    # A longer piece that no merge makes is never found.
    return NORMAL if known and (joined or len(text) == 1) else UNUSED
