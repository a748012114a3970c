"""Check that a model can learn to emit a stop token.

A pre-trained Gemma has never seen `<end_of_turn>`. Training only pushed its embedding, which is
also its row in the output head, away from hidden states, like those of the unused tokens. So it
points in the same direction as theirs: in Gemma 3 270M the cosine with the nearest is .994, against
.33 for `<eos>`. Adapters do not change the head, so they cannot raise the logit of this token above
those of thousands of others like it.
"""

from pathlib import Path

import numpy as np
import sentencepiece as spm

from reasoning_data.rendering import END_OF_TEXT, END_OF_TURN, get_style
from reasoning_export.weights import WeightReader
from reasoning_train.errors import UserError
from reasoning_train.models.registry import BaseModelFiles
from reasoning_train.models.tokenizer_file import tokenizer_file

EMBEDDING = "model.embed_tokens.weight"
UNUSED = 99
"""Number of tokens `<unused0>`, `<unused1>`, … to compare with."""
SAME_DIRECTION = 0.95


def likeness_to_unused(folder: Path, token: str) -> float:
    """Return the highest cosine between the embeddings of a token and of the unused tokens.

    It is 0 if the tokenizer lacks the token or has no unused ones.
    """
    model = spm.SentencePieceProcessor(model_file=str(tokenizer_file(folder)))
    ids = [model.piece_to_id(piece) for piece in [token, *(f"<unused{i}>" for i in range(UNUSED))]]
    rows = {i for i in ids if i != model.unk_id()}
    if len(rows) < 2 or ids[0] not in rows:
        return 0.0
    wanted, *unused = _embeddings(folder, [ids[0], *sorted(rows - {ids[0]})])
    cosines = [float(x @ wanted) / _length(x) / _length(wanted) for x in unused]
    return max(cosines)


def known_stop(folder: Path) -> str:
    """Return `<end_of_turn>`, or `<eos>` for a model that never learned the former."""
    untrained = likeness_to_unused(folder, END_OF_TURN) > SAME_DIRECTION
    return END_OF_TEXT if untrained else END_OF_TURN


def check_stop(base: BaseModelFiles, style: str) -> None:
    """Check that adapters can learn the stop token of a prompt style.

    Raises:
        UserError: The token's embedding is practically that of an unused token.
    """
    stop = get_style(style).stop
    likeness = likeness_to_unused(base.folder, stop)
    if likeness > SAME_DIRECTION:
        raise UserError(
            f"{base.name!r} never learned {stop}: its embedding is that of an unused token "
            f"(cosine {likeness:.3f}), and adapters cannot teach it. End completions with <eos> by "
            "--data.style gemma-pt, or train every weight by --model.training full"
        )


def _length(vector: np.ndarray) -> float:
    return max(float(np.linalg.norm(vector)), 1e-9)


def _embeddings(folder: Path, rows: list[int]) -> list[np.ndarray]:
    with WeightReader(folder) as reader:
        return [np.asarray(reader.row(EMBEDDING, row), dtype=np.float32) for row in rows]
