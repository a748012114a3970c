import json

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

from reasoning_export import ExportError, export_safetensors, to_huggingface
from reasoning_export.formats.logit_check import summarise
from reasoning_export.gemma.forward import attentions, logits


def record(golden, tokens, values):
    save_file(
        {"tokens": np.array(tokens, np.int32), "logits": values}, golden.run / "probe.safetensors"
    )


@pytest.mark.parametrize("family", ["gemma3", "gemma2"])
def test_merging_changes_the_logits_by_rounding_only(make_golden, tmp_path, family):
    out = export_safetensors(make_golden(family).run, tmp_path / "out")
    probe = json.loads((out / "export.json").read_text())["probe"]
    assert 0 < probe["merge_difference"] < 1e-3
    assert len(probe["tokens"]) == len(probe["logit"]) == 24


def test_a_bfloat16_base_reports_what_rounding_costs(make_golden, tmp_path):
    out = export_safetensors(make_golden(dtype=ml_dtypes.bfloat16).run, tmp_path / "out")
    probe = json.loads((out / "export.json").read_text())["probe"]
    assert probe["merge_difference"] > 1e-3


def test_logits_that_the_trainer_recorded_must_agree(make_golden, tmp_path):
    golden = make_golden()
    tokens = [2, 5, 7]
    wrong = np.zeros((3, 320), np.float32)
    record(golden, tokens, wrong)
    with pytest.raises(ExportError, match="trainer_difference"):
        export_safetensors(golden.run, tmp_path / "out")


@pytest.mark.parametrize(
    ("tokens", "values"),
    [([2, 320], np.zeros((2, 320))), ([2], np.zeros((2, 320))), ([], np.zeros((0, 320)))],
)
def test_a_recorded_probe_of_another_model_is_refused(make_golden, tmp_path, tokens, values):
    golden = make_golden()
    record(golden, tokens, values.astype(np.float32))
    with pytest.raises(ExportError, match="probe"):
        export_safetensors(golden.run, tmp_path / "out")


def test_later_tokens_do_not_change_earlier_logits(make_golden):
    golden = make_golden()
    tensors = dict(to_huggingface(golden.params, golden.config))
    short = logits(golden.config, tensors.__getitem__, [2, 5, 7])
    long = logits(golden.config, tensors.__getitem__, [2, 5, 7, 9, 11])
    np.testing.assert_allclose(long[:3], short, atol=1e-4)


def test_a_local_layer_forgets_what_lies_before_its_window(make_golden):
    golden = make_golden(layer_types=["sliding_attention"] * 2, sliding_window=2)
    tensors = dict(to_huggingface(golden.params, golden.config))
    one = logits(golden.config, tensors.__getitem__, [2, 5, 7, 9, 11])
    two = logits(golden.config, tensors.__getitem__, [3, 5, 7, 9, 11])
    assert np.abs(one[1] - two[1]).max() > 1e-2
    np.testing.assert_allclose(one[4], two[4], atol=1e-4)


def test_layer_kinds_are_derived_as_transformers_does(make_golden):
    config = make_golden().config | {"num_hidden_layers": 7}
    del config["layer_types"]
    kinds = [layer.window is None for layer in attentions(config)]
    assert kinds == [False] * 5 + [True, False]


def test_linear_scaling_divides_the_positions_of_global_layers_alone(make_golden):
    scaling = {"rope_type": "linear", "factor": 8.0}
    config = make_golden().config
    both = {"sliding_attention": {"rope_theta": 1e4}, "full_attention": scaling}
    for changes in ({"rope_scaling": scaling}, {"rope_parameters": both}):
        assert [layer.factor for layer in attentions(config | changes)] == [1.0, 8.0]


def test_other_scaling_of_positions_is_refused(make_golden):
    config = make_golden().config | {"rope_scaling": {"factor": 8.0, "rope_type": "yarn"}}
    with pytest.raises(ExportError, match="'yarn'; only 'linear'"):
        list(attentions(config))


def test_a_summary_moves_with_any_logit():
    values = np.random.default_rng(0).normal(size=(2, 9))
    changed = values.copy()
    changed[1, np.argmin(changed[1])] += 0.5
    assert summarise([2, 3], values)["logsumexp"] != summarise([2, 3], changed)["logsumexp"]
