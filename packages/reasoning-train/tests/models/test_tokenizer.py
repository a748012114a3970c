from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_train.errors import UserError
from reasoning_train.models import locate_base
from reasoning_train.models.tokenizer import Tokenizer, pad_left, pad_right


def test_a_prompt_has_one_bos(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode_prompt("Tom has 12 pens.")
    assert ids[0] == tokenizer.bos_id
    assert tokenizer.bos_id not in ids[1:]


def test_a_completion_ends_with_one_stop(tokenizer: Tokenizer) -> None:
    plain = tokenizer.encode_completion("<answer>3</answer>")
    marked = tokenizer.encode_completion("<answer>3</answer><end_of_turn>")
    assert plain == marked
    assert plain.count(tokenizer.stop_id) == 1
    assert plain[-1] == tokenizer.stop_id


@given(text=st.text(max_size=40))
def test_any_text_comes_back(text: str) -> None:
    tokenizer = _tiny()
    assert tokenizer.decode(tokenizer.encode_prompt(text)[1:]) == text


def _tiny() -> Tokenizer:

    return Tokenizer(locate_base("tiny-gemma3").folder / "tokenizer.model")


def test_digits_are_single_tokens(tokenizer: Tokenizer) -> None:
    assert len(tokenizer.processor.encode("12+7=19")) == 7


def test_a_missing_file_is_the_users(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"tokenizer\.model"):
        Tokenizer(tmp_path / "tokenizer.model")


def test_padding_sides() -> None:
    rows = [[1, 2], [3]]
    np.testing.assert_array_equal(pad_left(rows, 3, 0), [[0, 1, 2], [0, 0, 3]])
    np.testing.assert_array_equal(pad_right(rows, 3, 0), [[1, 2, 0], [3, 0, 0]])


def test_a_long_row_is_never_cut() -> None:
    with pytest.raises(ValueError, match="row 1 has 3 tokens"):
        pad_left([[1], [1, 2, 3]], 2, 0)


def test_another_stop_token_ends_completions() -> None:
    file = locate_base("tiny-gemma3").folder / "tokenizer.model"
    turn, text = Tokenizer(file), Tokenizer(file, "<eos>")
    assert text.stop_id == text.eos_id
    body = turn.encode_completion("1+1=2<end_of_turn>")[:-1]
    assert text.encode_completion("1+1=2<eos>") == [*body, text.eos_id]
    assert text.encode_completion("1+1=2") == [*body, text.eos_id]


@given(st.text("Confidence: 0.85 <reasoning>\n12ü–", max_size=40), st.data())
def test_the_tokens_of_a_stretch_are_those_that_hold_a_character_of_it(text: str, data) -> None:  # type: ignore[no-untyped-def]
    tokenizer = Tokenizer(locate_base("tiny-gemma3").folder / "tokenizer.model")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    inside = tokenizer.tokens_within(text, start, end)
    ids = tokenizer.encode_completion(text)
    assert inside is not None
    assert len(inside) == len(ids)
    assert inside[-1] is False  # the stop token
    chosen = tokenizer.decode([i for i, within in zip(ids, inside, strict=True) if within])
    if start < end:
        assert text[start:end] in chosen or chr(0xFFFD) in chosen
    else:
        assert not any(inside) or start not in (0, len(text))
