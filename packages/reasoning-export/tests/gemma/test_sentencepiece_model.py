"""From `tokenizer.json` back to SentencePiece: the same ids for any text."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentencepiece import SentencePieceProcessor

from reasoning_export import ExportError
from reasoning_export.gemma.sentencepiece_model import open_tokenizer, rebuild
from reasoning_export.gemma.tokenizer import load_sentencepiece, sentence_pieces, to_tokenizer_json

PIECES = [
    "<start_of_turn>",
    "</answer>",
    "\n",
    "\n\n",
    "  ",
    "   ",
    "12",
    "boxes",
    "é",
    "🙂",
    "<answer",
]
ROWS = 320


@pytest.fixture(scope="module")
def folder(tokenizer_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("json")
    to_tokenizer_json(load_sentencepiece(tokenizer_model)).save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="module")
def pair(tokenizer_model, folder):
    return load_sentencepiece(tokenizer_model), open_tokenizer(folder, ROWS)


def edit(folder, tmp_path, change):
    content = json.loads((folder / "tokenizer.json").read_text())
    change(content)
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    return tmp_path


def test_any_text_has_the_same_ids(pair):
    original, rebuilt = pair

    @settings(max_examples=300, deadline=None)
    @given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=8).map("".join))
    def agree(text):
        assert rebuilt.encode(text) == original.encode(text)

    agree()


def test_pieces_keep_id_and_type(pair):
    original, rebuilt = ([(p.piece, p.type) for p in sentence_pieces(m)] for m in pair)
    assert rebuilt == original


def test_a_folders_own_model_goes_first(tokenizer_model):
    opened = open_tokenizer(tokenizer_model.parent, ROWS)
    assert opened.serialized_model_proto() == tokenizer_model.read_bytes()


def test_merges_may_be_written_as_text(folder, tmp_path, pair):
    """As `tokenizers` before 0.20 wrote them."""

    def as_text(content):
        content["model"]["merges"] = [" ".join(pair) for pair in content["model"]["merges"]]

    opened = open_tokenizer(edit(folder, tmp_path, as_text), ROWS)
    assert opened.encode("Ann has 12 boxes") == pair[0].encode("Ann has 12 boxes")


def test_pieces_without_a_row_are_left_out(folder, tmp_path):
    mask = {"id": ROWS, "content": "<mask>", "single_word": False, "lstrip": False,
            "rstrip": False, "normalized": False, "special": True}  # fmt: skip
    grown = edit(folder, tmp_path, lambda content: content["added_tokens"].append(mask))
    assert SentencePieceProcessor(model_proto=rebuild(grown, ROWS)).vocab_size() == ROWS
    assert SentencePieceProcessor(model_proto=rebuild(grown, 400)).vocab_size() == ROWS + 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["model"].update(byte_fallback=False), "no BPE with byte fallback"),
        (lambda c: c.update(normalizer={"type": "Lowercase"}), r"differs \("),
        (lambda c: c.update(added_tokens=[]) or c["model"]["vocab"].pop("<bos>"), "lacks <bos>"),
    ],
)
def test_what_is_none_of_gemmas_kind_is_refused(folder, tmp_path, change, message):
    with pytest.raises(ExportError, match=message) as caught:
        rebuild(edit(folder, tmp_path, change), ROWS)
    assert len(str(caught.value)) < 700


def test_a_folder_without_a_tokenizer_is_refused(tmp_path):
    with pytest.raises(ExportError, match=r"neither tokenizer\.model nor tokenizer\.json"):
        open_tokenizer(tmp_path, ROWS)
