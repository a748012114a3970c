"""Train the tiny model's tokenizer: a SentencePiece BPE with Gemma's control tokens and single
digits.

    uv run python packages/reasoning-train/scripts/make_tiny_tokenizer.py OUT_DIR

Same library versions, same bytes. Gemma's ids are kept where they matter: pad 0, eos 1, bos 2.
The four schema tags and the turn markers are single tokens, so a trace costs few decoding steps.
"""

import sys
from itertools import islice
from pathlib import Path

import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2

from reasoning_data.sources.pretraining_text import plain_text
from reasoning_data.sources.word_problems import generate_arithmetic

VOCABULARY_SIZE = 512
MARKERS = [
    "<start_of_turn>",
    "<end_of_turn>",
    "<reasoning>",
    "</reasoning>",
    "<answer>",
    "</answer>",
    "\n",
]


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    lines = list(islice(plain_text(seed=0), 20_000))
    lines += [f"{p.question} {p.rationale}" for p in generate_arithmetic(5_000, seed=0)]
    lines += ["user model"] * 500
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_prefix=str(out / "tokenizer"),
        model_type="bpe",
        vocab_size=VOCABULARY_SIZE,
        pad_id=0,
        eos_id=1,
        bos_id=2,
        eos_piece="<eos>",
        bos_piece="<bos>",
        unk_id=3,
        user_defined_symbols=MARKERS,
        split_digits=True,
        byte_fallback=True,
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        character_coverage=1.0,
        hard_vocab_limit=False,
        num_threads=1,
        minloglevel=1,
    )
    (out / "tokenizer.vocab").unlink()
    path = out / "tokenizer.model"
    proto = sentencepiece_model_pb2.ModelProto.FromString(path.read_bytes())
    proto.trainer_spec.model_prefix = ""  # the folder it was made in is nobody's business
    path.write_bytes(proto.SerializeToString())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
