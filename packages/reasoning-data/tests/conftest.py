"""Problems and small tokenizers that several tests use."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from reasoning_data import Problem

# A slow machine is no failure; what must be linear has a test of its own.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

WORDS = [
    "river",
    "lantern",
    "copper",
    "meadow",
    "violin",
    "harbor",
    "pepper",
    "marble",
    "orchard",
    "saddle",
    "timber",
    "ribbon",
    "castle",
    "feather",
    "button",
    "kettle",
    "garden",
    "mirror",
    "ladder",
    "pillow",
    "basket",
    "candle",
    "hammer",
    "needle",
    "rocket",
    "window",
    "blanket",
    "shovel",
    "pocket",
    "engine",
    "bottle",
    "carpet",
    "ticket",
    "magnet",
    "pencil",
    "jacket",
    "helmet",
    "tunnel",
    "anchor",
]


def make_problem(number: int, **fields: str) -> Problem:
    """A sound problem whose words and numbers are its own."""
    # A linear congruential walk through the words: no two problems share a long run of them.
    state, words = number * 7919 + 13, []
    for _ in range(16):
        state = (state * 1103515245 + 12345) % 2**31
        words.append(WORDS[state // 65536 % len(WORDS)])
    a, b = number + 2, number * 3 + 5
    values = {
        "id": f"made:{number}",
        "question": f"There are {a} {' '.join(words)} and {b} more. How many in all?",
        "answer": str(a + b),
        "rationale": f"First {a} and then {b} more.\n{a} + {b} = {a + b} in all.",
        "source": "made",
        "license": "MIT",
    }
    return Problem(**{**values, **fields})


@pytest.fixture
def problem() -> Callable[..., Problem]:
    return make_problem


@pytest.fixture
def problems() -> list[Problem]:
    return [make_problem(number) for number in range(40)]


@pytest.fixture(scope="session")
def sentencepiece_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real SentencePiece model with byte fallback and Gemma's turn markers."""
    import sentencepiece

    folder = tmp_path_factory.mktemp("sentencepiece")
    corpus = folder / "corpus.txt"
    lines = [make_problem(number).question for number in range(60)]
    corpus.write_text("\n".join(lines), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus),
        model_prefix=str(folder / "tiny"),
        vocab_size=420,
        model_type="bpe",
        byte_fallback=True,
        character_coverage=1.0,
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        control_symbols=["<start_of_turn>", "<end_of_turn>"],
        minloglevel=2,
    )
    return folder / "tiny.model"


@pytest.fixture(scope="session")
def hf_tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `transformers` writes it, with a tokenizer that cuts at words."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = {
        word: i for i, word in enumerate(["<unk>", "<bos>", "How", "many", "apples", "?", "7"])
    }
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    folder = tmp_path_factory.mktemp("hf")
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>")
    fast.add_special_tokens(
        {"bos_token": "<bos>", "additional_special_tokens": ["<start_of_turn>", "<end_of_turn>"]}
    )
    fast.save_pretrained(folder)
    return folder
