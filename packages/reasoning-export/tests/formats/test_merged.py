import json

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file

from reasoning_export import ExportError, export_safetensors, to_huggingface, verify
from reasoning_export.gemma.tensor_layout import lora_factors


def merged(golden):
    tensors = dict(to_huggingface(golden.params, golden.config))
    for name, factors in lora_factors(golden.lora, golden.shape, 4, 8.0).items():
        tensors[name] = tensors[name] + factors.scale * (factors.b @ factors.a)
    return tensors


@pytest.mark.parametrize("family", ["gemma3", "gemma2"])
def test_lora_is_merged(make_golden, tmp_path, family):
    golden = make_golden(family)
    out = export_safetensors(golden.run, tmp_path / "out")
    found = load_file(out / "model.safetensors")
    expected = merged(golden)
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, atol=1e-6, err_msg=name)


def test_a_bfloat16_base_is_merged_in_float32_and_rounded_once(make_golden, tmp_path):
    golden = make_golden(dtype=ml_dtypes.bfloat16)
    out = export_safetensors(golden.run, tmp_path / "out")
    base = load_file(golden.base / "model.safetensors")
    name = "model.layers.0.mlp.down_proj.weight"
    delta = lora_factors(golden.lora, golden.shape, 4, 8.0)[name].delta()
    expected = (base[name].astype(np.float32) + delta).astype(ml_dtypes.bfloat16)
    found = load_file(out / "model.safetensors")[name]
    assert found.dtype == ml_dtypes.bfloat16
    np.testing.assert_array_equal(found, expected)


def test_full_weights_replace_the_base(make_golden, tmp_path):
    golden = make_golden("gemma2", training="full")
    out = export_safetensors(golden.run, tmp_path / "out")
    found = load_file(out / "model.safetensors")
    for name, array in to_huggingface(golden.lora, golden.config):
        np.testing.assert_array_equal(found[name], array)


def test_shards_and_index_hold_the_same_tensors(make_golden, tmp_path):
    golden = make_golden()
    whole = load_file(export_safetensors(golden.run, tmp_path / "one") / "model.safetensors")
    out = export_safetensors(golden.run, tmp_path / "many", shard_bytes=20_000)
    index = json.loads((out / "model.safetensors.index.json").read_text())
    assert len(set(index["weight_map"].values())) > 3
    assert index["metadata"]["total_size"] == sum(array.nbytes for array in whole.values())
    for name, file in index["weight_map"].items():
        np.testing.assert_array_equal(load_file(out / file)[name], whole[name])
    verify(out)


def test_generation_stops_at_the_end_of_a_turn(make_golden, tmp_path):
    out = export_safetensors(make_golden().run, tmp_path / "out")
    config = json.loads((out / "generation_config.json").read_text())
    assert config == {"eos_token_id": [1, 5], "bos_token_id": 2, "pad_token_id": 0}


def test_the_tokenizer_of_a_larger_model_is_refused_before_weights_are_written(
    make_golden, tmp_path, monkeypatch
):
    golden = make_golden(vocab_size=300)
    monkeypatch.delattr("reasoning_export.formats.merged.write_weights")
    with pytest.raises(ExportError, match="id 319, the model only 300 rows"):
        export_safetensors(golden.run, tmp_path / "out")


def test_an_out_that_is_not_empty_stays_as_it_is(make_golden, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine").write_text("mine")
    with pytest.raises(ExportError, match="not empty"):
        export_safetensors(make_golden().run, out)
    assert [path.name for path in out.iterdir()] == ["mine"]


def test_a_nan_in_the_checkpoint_is_refused_and_nothing_is_left(make_golden, tmp_path):
    golden = make_golden(training="full")
    golden.lora["final_norm.scale"][3] = np.nan
    import shutil

    import orbax.checkpoint as ocp

    folder = golden.run / "checkpoints/actor/7/model_params"
    tree = ocp.PyTreeCheckpointer().restore(folder)
    tree["final_norm"]["scale"]["value"] = golden.lora["final_norm.scale"]
    shutil.rmtree(folder)
    ocp.PyTreeCheckpointer().save(folder, tree)
    with pytest.raises(ExportError, match=r"model\.norm\.weight.*finite"):
        export_safetensors(golden.run, tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"base", "run"}
