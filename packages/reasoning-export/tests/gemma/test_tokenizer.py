import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning_export import ExportError
from reasoning_export.gemma.tokenizer import check_same, load_sentencepiece, to_tokenizer_json

PIECES = [
    "<start_of_turn>",
    "</answer>",
    "\n",
    "\n\n",
    "  ",
    "   ",
    "▁",
    "<0x0A>",
    "<unk>",
    "12",
    "boxes",
    "é",
    "🙂",
    " ",
    "<answer",
    "\r\n",
    "\t",
]


@pytest.fixture(scope="module")
def pair(tokenizer_model):
    model = load_sentencepiece(tokenizer_model)
    return model, to_tokenizer_json(model)


def test_any_text_is_encoded_like_sentencepiece_does(pair):
    model, tokenizer = pair

    @settings(max_examples=400, deadline=None)
    @given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=8).map("".join))
    def agree(text):
        for control in ("<bos>", "<eos>", "<pad>", "<unk>"):
            text = text.replace(control, "")
        found = tokenizer.encode(text, add_special_tokens=False).ids
        assert found == model.encode(text)
        assert tokenizer.decode(found, skip_special_tokens=False) == model.decode(found)

    agree()


def test_a_marker_with_a_plain_space_is_as_unreachable_as_in_sentencepiece(pair):
    from sentencepiece import SentencePieceProcessor
    from sentencepiece.sentencepiece_model_pb2 import ModelProto

    proto = ModelProto.FromString(pair[0].serialized_model_proto())
    proto.pieces[pair[0].piece_to_id("▁▁")].piece = "  "
    model = SentencePieceProcessor(model_proto=proto.SerializeToString())
    text = "a  b"
    assert model.encode(text) != pair[0].encode(text)
    found = to_tokenizer_json(model).encode(text, add_special_tokens=False).ids
    assert found == model.encode(text)


def test_a_model_without_an_unknown_piece_is_carried_over(pair):
    from sentencepiece import SentencePieceProcessor
    from sentencepiece.sentencepiece_model_pb2 import ModelProto

    proto = ModelProto.FromString(pair[0].serialized_model_proto())
    proto.pieces[3].type = ModelProto.SentencePiece.CONTROL
    model = SentencePieceProcessor(model_proto=proto.SerializeToString())
    assert model.unk_id() == -1
    assert to_tokenizer_json(model).encode("東", add_special_tokens=False).ids == model.encode("東")


def test_one_bos_is_prepended_when_asked_for(pair):
    _, tokenizer = pair
    assert tokenizer.encode("1 + 1").ids[:1] == [2]
    assert tokenizer.encode("1 + 1").ids.count(2) == 1


def test_a_tokenizer_that_encodes_otherwise_is_refused(pair):
    from tokenizers import Tokenizer, normalizers

    model, tokenizer = pair
    other = Tokenizer.from_str(tokenizer.to_str())
    other.normalizer = normalizers.Lowercase()
    with pytest.raises(ExportError, match="encodes"):
        check_same(model, other)


def test_a_file_that_is_no_model_is_refused(tmp_path):
    path = tmp_path / "tokenizer.model"
    path.write_bytes(b"\x00nonsense")
    with pytest.raises(ExportError, match=r"tokenizer\.model"):
        load_sentencepiece(path)


def test_turn_markers_are_special_and_left_out_when_decoding(pair):
    _, tokenizer = pair
    ids = tokenizer.encode("<start_of_turn>model\n12<end_of_turn>", add_special_tokens=False).ids
    assert {4, 5} <= set(ids)
    assert tokenizer.decode(ids, skip_special_tokens=True) == "model\n12"
