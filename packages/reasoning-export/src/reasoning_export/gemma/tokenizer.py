"""Converts a SentencePiece BPE (`tokenizer.model`) to `tokenizer.json`.

Covers what Gemma's tokenizers are: BPE with byte fallback, an identity normaliser, no dummy prefix,
user-defined pieces. Whatever else a model may ask for shows as a difference in `check_same`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reasoning_export.errors import ExportError
from reasoning_export.gemma.chat_template import MARKERS

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor
    from tokenizers import Tokenizer  # type: ignore[import-untyped]

SPACE = "▁"
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
"""`SentencePiece.Type` in sentencepiece_model.proto."""

PROBES = (
    "12 + 7 = 19",
    "  two  spaces, and\ta tab\n\nand lines \n",
    "<start_of_turn>user\nHow many boxes has Ann?<end_of_turn>\n<start_of_turn>model\n",
    "<reasoning>3*4=12</reasoning><answer>12</answer><end_of_turn>",
    "naïve café, Übung, 東京, 🙂, \u0000\u007f\u200b",
)
"""Texts on which two tokenizers must agree and which must survive the way there and back."""


def load_sentencepiece(path: Path) -> "SentencePieceProcessor":
    """Open a `tokenizer.model`.

    Raises:
        ExportError: It is none.
    """
    from sentencepiece import SentencePieceProcessor

    try:
        return SentencePieceProcessor(model_file=str(path))
    except (RuntimeError, OSError) as error:
        raise ExportError(f"{str(path)!r} is no SentencePiece model: {error}") from None


def to_tokenizer_json(model: "SentencePieceProcessor") -> "Tokenizer":
    """Convert to the `tokenizers` library; with special tokens, encoding prepends `<bos>`.

    Raises:
        ExportError: It does not encode like the model.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, processors

    pieces = sentence_pieces(model)
    vocabulary = {piece.piece: index for index, piece in enumerate(pieces)}
    tokenizer = Tokenizer(
        models.BPE(
            vocab=vocabulary,
            merges=list(_merges(pieces, vocabulary)),
            unk_token=model.id_to_piece(model.unk_id()) if model.unk_id() >= 0 else None,
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    tokenizer.normalizer = normalizers.Replace(" ", SPACE)
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    # SentencePiece finds the turn markers in any text; to decode they are control tokens.
    controls = [p.piece for p in pieces if p.type == CONTROL or p.piece in MARKERS]
    # A plain space never reaches SentencePiece's matching, so a piece that has one is never found.
    added = [p.piece for p in pieces if p.type == USER_DEFINED and " " not in p.piece]
    markers = [text for text in added if text not in MARKERS]
    tokenizer.add_special_tokens([AddedToken(text, normalized=False) for text in controls])
    tokenizer.add_tokens([AddedToken(text, normalized=True) for text in markers])
    bos = model.id_to_piece(model.bos_id())
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A", pair=f"{bos} $A {bos} $B", special_tokens=[(bos, model.bos_id())]
    )
    check_same(model, tokenizer)
    return tokenizer


def check_same(
    model: "SentencePieceProcessor", tokenizer: "Tokenizer", more: Sequence[str] = ()
) -> None:
    """Check that two tokenizers encode and decode `PROBES` and further texts alike.

    Raises:
        ExportError: They differ.
    """
    for text in (*PROBES, *more):
        expected = model.encode(text)
        found = tokenizer.encode(text, add_special_tokens=False).ids
        if found != expected:
            raise ExportError(
                f"tokenizer.json encodes {text!r:.80} as {found!s:.80}, the model as "
                f"{expected!s:.80}"
            )
        if (back := tokenizer.decode(found, skip_special_tokens=False)) != text:
            raise ExportError(f"tokenizer.json decodes {text!r:.80} to {back!r:.80}")


def sentence_pieces(model: "SentencePieceProcessor") -> list[Any]:
    """The text, score and type of every piece, in order of id."""
    from sentencepiece.sentencepiece_model_pb2 import ModelProto  # type: ignore[attr-defined]

    return list(ModelProto.FromString(model.serialized_model_proto()).pieces)


def _merges(pieces: list[Any], vocabulary: dict[str, int]) -> Iterator[tuple[str, str]]:
    """The pairs to merge, best resulting piece first, which SentencePiece does not store."""
    normal = [piece for piece in pieces if piece.type == NORMAL and len(piece.piece) > 1]
    for text in (piece.piece for piece in sorted(normal, key=lambda piece: -piece.score)):
        pairs = ((text[:cut], text[cut:]) for cut in range(1, len(text)))
        known = [pair for pair in pairs if pair[0] in vocabulary and pair[1] in vocabulary]
        yield from sorted(known, key=lambda pair: (vocabulary[pair[0]], vocabulary[pair[1]]))
