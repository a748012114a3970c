import json

import numpy as np
import pytest

from reasoning_export import ExportError, to_huggingface, verify
from reasoning_export.gemma.tensor_layout import lora_factors
from reasoning_export.gemma.tokenizer import load_sentencepiece, sentence_pieces, to_tokenizer_json

gguf = pytest.importorskip("gguf", reason="needs reasoning-export[gguf]")

LOCAL = {"layer_types": ["sliding_attention"] * 2}


def export(golden, out, precision):
    from reasoning_export.formats.gguf import Precision, export_gguf

    return export_gguf(golden.run, out, Precision(precision))


@pytest.mark.parametrize("precision", ["f16", "q8_0"])
@pytest.mark.parametrize(("family", "changes"), [("gemma3", LOCAL), ("gemma2", {})])
def test_stored_values_are_the_merged_ones(make_golden, tmp_path, family, changes, precision):
    golden = make_golden(family, **changes)
    out = export(golden, tmp_path / "out", precision)
    reader = gguf.GGUFReader(out / f"model-{precision}.gguf")
    found = {
        tensor.name: gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        for tensor in reader.tensors
    }
    tensors = dict(to_huggingface(golden.params, golden.config))
    update = lora_factors(golden.lora, golden.shape, 4, 8.0)
    name = "model.layers.1.mlp.up_proj.weight"
    expected = tensors[name] + update[name].delta()
    step = np.abs(expected).max() / (127 if precision == "q8_0" else 1024)
    np.testing.assert_allclose(found["blk.1.ffn_up.weight"], expected, atol=step)
    np.testing.assert_allclose(
        found["output_norm.weight"], tensors["model.norm.weight"] + 1, atol=1e-6
    )
    assert len(found) == len(tensors)


def test_rounding_to_float16_hardly_moves_the_logits(make_golden, tmp_path):
    out = export(make_golden(**LOCAL), tmp_path / "out", "f16")
    probe = json.loads((out / "export.json").read_text())["probe"]
    assert 0 < probe["quantization_difference"] < 0.05


def test_the_tokenizer_is_the_base_s(make_golden, tmp_path):
    out = export(make_golden(**LOCAL), tmp_path / "out", "f16")
    reader = gguf.GGUFReader(out / "model-f16.gguf")
    tokens = reader.fields["tokenizer.ggml.tokens"].contents()
    assert tokens[:6] == ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
    assert len(tokens) == 320
    assert "  " in tokens  # a user-defined piece, as llama.cpp wants it
    assert "▁▁" not in tokens
    assert reader.fields["tokenizer.ggml.eot_token_id"].contents() == 5
    kinds = reader.fields["tokenizer.ggml.token_type"].contents()
    control, user_defined = gguf.TokenType.CONTROL, gguf.TokenType.USER_DEFINED
    assert [kinds[tokens.index(t)] for t in ("<start_of_turn>", "<end_of_turn>")] == [control] * 2
    assert kinds[tokens.index("<reasoning>")] == user_defined


def test_a_base_with_tokenizer_json_alone_gives_the_same_tokenizer(make_golden, tmp_path):
    golden = make_golden(**LOCAL)
    model = load_sentencepiece(golden.base / "tokenizer.model")
    to_tokenizer_json(model).save(str(golden.base / "tokenizer.json"))
    (golden.base / "tokenizer.model").unlink()
    path = golden.run / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["base_model"]["sha256"]["tokenizer.model"]
    path.write_text(json.dumps(manifest))
    fields = gguf.GGUFReader(export(golden, tmp_path / "out", "f16") / "model-f16.gguf").fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    assert [t.replace(" ", "▁") for t in tokens] == [p.piece for p in sentence_pieces(model)]


@pytest.mark.parametrize("own", [None, "file", "config"])
def test_chats_follow_the_base_s_template_else_gemma_s(make_golden, tmp_path, own):
    golden = make_golden(**LOCAL)
    if own == "file":
        (golden.base / "chat_template.jinja").write_text("own")
    if own == "config":
        (golden.base / "tokenizer_config.json").write_text('{"chat_template": "own"}')
    out = export(golden, tmp_path / "out", "f16")
    fields = gguf.GGUFReader(out / "model-f16.gguf").fields
    template = fields["tokenizer.chat_template"].contents()
    assert (template == "own") if own else ("<start_of_turn>" in template)


def test_layers_that_llama_cpp_would_compute_otherwise_are_refused(make_golden, tmp_path):
    with pytest.raises(ExportError, match="layer 1 is not what llama"):
        export(make_golden(), tmp_path / "out", "f16")
    assert not (tmp_path / "out").exists()


def test_a_cut_file_is_named(make_golden, tmp_path):
    from reasoning_export.formats.gguf_layout import open_gguf

    golden = make_golden(**LOCAL)
    out = export(golden, tmp_path / "out", "q8_0")
    verify(out)
    path = tmp_path / "cut.gguf"
    path.write_bytes((out / "model-q8_0.gguf").read_bytes()[:2000])
    with pytest.raises(ExportError, match=r"cut\.gguf"):
        open_gguf(path, golden.shape)


def test_ollama_finds_its_modelfile_beside_the_weights(make_golden, tmp_path):
    golden = make_golden(**LOCAL)
    golden.edit_manifest(base_model={"license": "gemma"})
    out = export(golden, tmp_path / "out", "q8_0")
    text = (out / "Modelfile").read_text()
    assert text.startswith("FROM ./model-q8_0.gguf\n")
    assert 'SYSTEM """Think."""\n' in text
    assert "Gemma Terms of Use" in text
    (out / "Modelfile").write_text(text.replace("Think", "Guess"))
    with pytest.raises(ExportError, match=r"Modelfile.*changed"):
        verify(out)


def test_without_the_library_one_line_says_what_to_install(make_golden, tmp_path, monkeypatch):
    monkeypatch.setattr("reasoning_export.formats.gguf.find_spec", lambda name: None)
    with pytest.raises(ExportError, match="pip install gguf"):
        export(make_golden(**LOCAL), tmp_path / "out", "f16")
