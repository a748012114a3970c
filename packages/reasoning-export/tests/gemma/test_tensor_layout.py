import numpy as np
import pytest

from reasoning_export import ExportError, to_huggingface
from reasoning_export.gemma.families import ModelShape
from reasoning_export.gemma.tensor_layout import lora_factors
from reasoning_export.gemma.tunix_shapes import check_shapes, full_shapes, lora_shapes

FUSED = {"num_attention_heads": 2, "num_key_value_heads": 2}
CASES = [("gemma3", {}), ("gemma2", {}), ("gemma3", FUSED), ("gemma2", FUSED)]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}{'-fused' * bool(case[1])}")
def golden(request, make_golden):
    family, changes = request.param
    return make_golden(family, **changes)


def project(params, prefix, x):
    """Tunix's own einsums of one layer's queries, keys, values: `[T, D]` to three `[T, N·H]`."""
    if f"{prefix}.qkv_einsum.w" in params:
        q, k, v = np.einsum("td,sndh->stnh", x, params[f"{prefix}.qkv_einsum.w"])
    else:
        q = np.einsum("td,ndh->tnh", x, params[f"{prefix}.q_einsum.w"])
        k, v = np.einsum("td,ckdh->ctkh", x, params[f"{prefix}.kv_einsum.w"])
    return {name: part.reshape(len(x), -1) for name, part in zip("qkv", (q, k, v), strict=True)}


def test_linear_maps_do_in_hugging_face_what_they_do_in_tunix(golden):
    tensors = dict(to_huggingface(golden.params, golden.config))
    x = np.random.default_rng(0).normal(size=(5, golden.shape.width)).astype(np.float32)
    for name, expected in project(golden.params, "layers.1.attn", x).items():
        weight = tensors[f"model.layers.1.self_attn.{name}_proj.weight"]
        np.testing.assert_allclose(x @ weight.T, expected, atol=1e-5)
    heads = np.random.default_rng(0).normal(size=(5, golden.shape.heads, golden.shape.head))
    out = np.einsum("tnh,nhd->td", heads, golden.params["layers.1.attn.attn_vec_einsum.w"])
    weight = tensors["model.layers.1.self_attn.o_proj.weight"]
    np.testing.assert_allclose(heads.reshape(5, -1) @ weight.T, out, atol=1e-5)
    gate = x @ golden.params["layers.1.mlp.gate_proj.kernel"]
    np.testing.assert_allclose(
        x @ tensors["model.layers.1.mlp.gate_proj.weight"].T, gate, atol=1e-5
    )


def test_lora_factors_do_what_qwix_adds(golden):
    rank, alpha = 4, 8.0
    factors = lora_factors(golden.lora, golden.shape, rank, alpha)
    x = np.random.default_rng(0).normal(size=(5, golden.shape.width)).astype(np.float32)
    name = "qkv_einsum" if golden.shape.fused_qkv else "kv_einsum"
    low = x @ golden.lora[f"layers.1.attn.{name}.w_lora_a"]
    parts = np.einsum("tr,rckh->ctkh", low, golden.lora[f"layers.1.attn.{name}.w_lora_b"])
    value = parts[-1].reshape(5, -1) * (alpha / rank)
    delta = factors["model.layers.1.self_attn.v_proj.weight"].delta()
    np.testing.assert_allclose(x @ delta.T, value, atol=1e-5)


def test_norms_and_embedding_are_copied(golden):
    tensors = dict(to_huggingface(golden.params, golden.config))
    for name, parameter in (
        ("model.embed_tokens.weight", "embedder.input_embedding"),
        ("model.norm.weight", "final_norm.scale"),
        ("model.layers.0.pre_feedforward_layernorm.weight", "layers.0.pre_ffw_norm.scale"),
    ):
        np.testing.assert_array_equal(tensors[name], golden.params[parameter])


def test_a_missing_a_foreign_and_a_misshapen_parameter_are_named(golden):
    missing = {k: v for k, v in golden.params.items() if k != "final_norm.scale"}
    with pytest.raises(ExportError, match=r"lack 'final_norm\.scale'"):
        dict(to_huggingface(missing, golden.config))
    with pytest.raises(ExportError, match="'vision'"):
        dict(to_huggingface(golden.params | {"vision": np.zeros(1)}, golden.config))
    with pytest.raises(ExportError, match=r"final_norm\.scale' as \(3,\)"):
        dict(to_huggingface(golden.params | {"final_norm.scale": np.zeros(3)}, golden.config))


def test_half_a_lora_pair_is_refused(golden):
    lora = {k: v for k, v in golden.lora.items() if k != "layers.0.mlp.up_proj.kernel_lora_b"}
    with pytest.raises(ExportError, match=r"layers\.0\.mlp\.up_proj\.kernel_lora_b"):
        lora_factors(lora, golden.shape, 4, 8.0)


def test_lora_of_another_rank_is_refused_from_its_shapes(golden):
    found = {name: array.shape for name, array in golden.lora.items()}
    check_shapes(found, lora_shapes(golden.shape, 4), partial=True)
    with pytest.raises(ExportError, match="rank"):
        check_shapes(found, lora_shapes(golden.shape, 8), partial=True)


@pytest.mark.parametrize("bad", [None, 0, -1, 2.0, True, 1 << 40, "4"])
def test_an_absurd_size_is_refused(make_golden, bad):
    config = make_golden().config | {"hidden_size": bad}
    with pytest.raises(ExportError, match="hidden_size"):
        ModelShape.from_config(config)


def test_an_unknown_architecture_is_refused(make_golden):
    with pytest.raises(ExportError, match="'llama'"):
        ModelShape.from_config(make_golden().config | {"model_type": "llama"})


def test_shapes_of_the_published_sizes():
    """Parameter counts of the published models: 268 M and 2.61 B."""
    small = {
        "model_type": "gemma3_text",
        "num_hidden_layers": 18,
        "vocab_size": 262144,
        "hidden_size": 640,
        "intermediate_size": 2048,
        "num_attention_heads": 4,
        "num_key_value_heads": 1,
        "head_dim": 256,
    }
    two = {
        "model_type": "gemma2",
        "num_hidden_layers": 26,
        "vocab_size": 256000,
        "hidden_size": 2304,
        "intermediate_size": 9216,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 256,
    }
    counts = [
        sum(int(np.prod(size)) for size in full_shapes(ModelShape.from_config(config)).values())
        for config in (small, two)
    ]
    assert counts == [268_098_176, 2_614_341_888]
