"""Give the tiny model one token for `Confidence: `, in the place of one that no text needs.

    uv run python packages/reasoning-train/scripts/add_confidence_piece.py DIR

DIR holds `tokenizer.model` and `model.safetensors` as pretrain_tiny_base.py leaves them. Without it
the words of the confidence line are nine tokens, two of them bytes that the pre-training text never
held: adapters cannot tell those from the other unused ones (see `renew_markers` there). The piece
`cu` is never used: the tokens of 40,000 lines of the pre-training text are checked to be the same
with and without it. The new token's embedding is drawn as those of the other markers are.
"""

import sys
from itertools import islice
from pathlib import Path

import numpy as np
import sentencepiece as spm
from safetensors.numpy import load_file, save_file
from sentencepiece import sentencepiece_model_pb2

from reasoning_data.sources.pretraining_text import plain_text, worked_text

SPARE, PIECE = "cu", "Confidence:▁"
NORM = 1.3
"""That of the tokens which the text holds."""
SEED = 2
EMBEDDING = "model.embed_tokens.weight"


def main(folder: Path) -> None:
    path = folder / "tokenizer.model"
    old = spm.SentencePieceProcessor(model_file=str(path))
    proto = sentencepiece_model_pb2.ModelProto.FromString(path.read_bytes())
    place = old.piece_to_id(SPARE)
    proto.pieces[place].piece = PIECE
    proto.pieces[place].type = sentencepiece_model_pb2.ModelProto.SentencePiece.USER_DEFINED
    new = spm.SentencePieceProcessor(model_proto=proto.SerializeToString())
    lines = [*islice(plain_text(seed=0), 20_000), *islice(worked_text(seed=0), 20_000)]
    if place == old.unk_id() or any(old.encode(line) != new.encode(line) for line in lines):
        raise SystemExit(f"{SPARE!r} is needed, or is no piece any more")
    path.write_bytes(proto.SerializeToString())

    weights = load_file(folder / "model.safetensors")
    row = np.random.default_rng(SEED).standard_normal(weights[EMBEDDING].shape[1])
    weights[EMBEDDING][place] = NORM * row / np.linalg.norm(row)
    save_file(weights, folder / "model.safetensors")
    print(f"{PIECE!r} is token {place}: {new.encode('Confidence: 0.85', out_type=str)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
