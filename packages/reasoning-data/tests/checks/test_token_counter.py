import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning_data import DataError
from reasoning_data.checks.token_counter import load_tokens, tokenizer_sha256

TURN = "<start_of_turn>user\nHow many apples?<end_of_turn>\n"


@settings(max_examples=200)
@given(
    text=st.text(
        st.characters(exclude_categories=["Cs", "Co", "Cn"], exclude_characters="\u2581\0")
    )
)
def test_pieces_of_a_sentencepiece_model_put_together_are_the_text(sentencepiece_model, text):
    counter = load_tokens(str(sentencepiece_model))
    assert "".join(counter.pieces(text)) == text
    assert counter.count(text) == len(counter.pieces(text))


def test_turn_markers_are_one_token_each(sentencepiece_model):
    pieces = load_tokens(str(sentencepiece_model)).pieces(TURN)
    assert pieces[0] == "<start_of_turn>"
    assert "<end_of_turn>" in pieces
    assert "".join(pieces) == TURN


def test_a_folder_of_transformers(hf_tokenizer):
    counter = load_tokens(str(hf_tokenizer))
    assert counter.pieces(TURN) == [
        "<start_of_turn>", "user", "How", "many", "apples", "?", "<end_of_turn>",
    ]  # fmt: skip
    assert counter.count(TURN) == 7


def test_a_folder_with_a_sentencepiece_model_alone(sentencepiece_model, tmp_path):
    (tmp_path / "tokenizer.model").write_bytes(sentencepiece_model.read_bytes())
    assert load_tokens(str(tmp_path)).count(TURN) == load_tokens(str(sentencepiece_model)).count(
        TURN
    )
    assert tokenizer_sha256(str(tmp_path)) == tokenizer_sha256(str(sentencepiece_model))


def test_no_tokenizer_says_what_is_expected(tmp_path):
    with pytest.raises(DataError, match=r"tokenizer\.json or tokenizer\.model"):
        load_tokens(str(tmp_path))
