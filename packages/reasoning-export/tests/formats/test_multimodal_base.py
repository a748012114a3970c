"""A base that also reads images, as Gemma 3 4B does: its text model alone is exported."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from reasoning_export import export_adapter, export_safetensors, to_huggingface
from reasoning_export.gemma.families import ModelShape
from reasoning_export.gemma.tensor_layout import lora_factors, sources

GEMMA3_4B = {
    "model_type": "gemma3",
    "torch_dtype": "bfloat16",
    "text_config": {
        "hidden_size": 2560,
        "intermediate_size": 10240,
        "model_type": "gemma3_text",
        "num_hidden_layers": 34,
        "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
        "sliding_window": 1024,
    },
    "vision_config": {},
}
"""The sizes of google/gemma-3-4b-it, with the keys that its config.json has."""


def test_the_sizes_of_gemma_3_4b_come_from_its_config_and_the_defaults():
    shape = ModelShape.from_config(GEMMA3_4B)
    assert (shape.layers, shape.width, shape.hidden) == (34, 2560, 10240)
    assert (shape.heads, shape.kv_heads, shape.head) == (8, 4, 256)
    assert shape.vocabulary == 262_208
    table = sources(shape)
    assert table["model.layers.33.self_attn.k_proj.weight"].shape == (1024, 2560)
    # The published text model has 3.88 billion parameters.
    assert sum(int(np.prod(source.shape)) for source in table.values()) == 3_880_263_168


def test_the_merged_export_is_a_text_model(make_golden, tmp_path):
    golden = make_golden("gemma3-multimodal")
    out = export_safetensors(golden.run, tmp_path / "out")
    config = json.loads((out / "config.json").read_text())
    assert config["architectures"] == ["Gemma3ForCausalLM"]
    assert config["model_type"] == "gemma3_text"
    assert "vision_config" not in config
    assert config["rope_scaling"] == {"rope_type": "linear", "factor": 8.0}
    found = load_file(out / "model.safetensors")
    expected = dict(to_huggingface(golden.params, golden.config))
    assert found.keys() == expected.keys()
    name = "model.layers.1.mlp.up_proj.weight"
    update = lora_factors(golden.lora, golden.shape, 4, 8.0)[name]
    np.testing.assert_allclose(found[name], expected[name] + update.delta(), atol=1e-6)


def test_the_adapter_changes_the_text_model_and_not_the_image_encoder(make_golden, tmp_path):
    out = export_adapter(make_golden("gemma3-multimodal").run, tmp_path / "out")
    targets = json.loads((out / "adapter_config.json").read_text())["target_modules"]
    assert all(name.startswith("model.language_model.layers.") for name in targets)
    tensors = load_file(out / "adapter_model.safetensors")
    modules = {name.partition(".lora_")[0].removeprefix("base_model.model.") for name in tensors}
    assert modules == set(targets)


def test_gguf_has_the_scaling_of_positions_and_true_tensor_names(
    make_golden, golden_config, tmp_path
):
    gguf = pytest.importorskip("gguf", reason="needs reasoning-export[gguf]")
    from reasoning_export.formats.gguf import export_gguf

    kinds = ["sliding_attention"] * 5 + ["full_attention"]
    text = golden_config("gemma3-multimodal")["text_config"] | {
        "num_hidden_layers": 6,
        "layer_types": kinds,
    }
    golden = make_golden("gemma3-multimodal", text_config=text)
    out = export_gguf(golden.run, tmp_path / "out")
    reader = gguf.GGUFReader(out / "model-f16.gguf")
    assert reader.fields["general.architecture"].contents() == "gemma3"
    assert reader.fields["gemma3.rope.scaling.type"].contents() == "linear"
    assert reader.fields["gemma3.rope.scaling.factor"].contents() == 8.0
    assert {tensor.name for tensor in reader.tensors} >= {
        "token_embd.weight",
        "blk.5.attn_q_norm.weight",
        "blk.5.post_ffw_norm.weight",
    }
