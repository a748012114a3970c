"""The adapter in `peft` on the base in `transformers`: the same logits as in Tunix."""

import json
import shutil

import numpy as np
import pytest
import torch
from peft import AutoPeftModelForCausalLM, PeftModel

from reasoning_export import ExportError, export_adapter

TOLERANCE = 1e-3

lora_only = pytest.mark.parametrize(
    "tunix_run", ["gemma3", "gemma3-multimodal", "gemma2", "gemma2-fused"], indirect=True
)


def peft_logits(tunix_run, adapter, load):
    model = PeftModel.from_pretrained(load(tunix_run.base), adapter)
    tokens = tunix_run.greedy[: len(tunix_run.logits)]
    with torch.no_grad():
        return model(torch.tensor([tokens])).logits[0].numpy()


@lora_only
def test_logits(tunix_run, tmp_path, load):
    adapter = export_adapter(tunix_run.run, tmp_path / "out")
    assert np.abs(peft_logits(tunix_run, adapter, load) - tunix_run.logits).max() < TOLERANCE


@lora_only
def test_auto_peft_loads_the_base_that_was_trained_on(tunix_run, tmp_path):
    adapter = export_adapter(tunix_run.run, tmp_path / "out")
    model = AutoPeftModelForCausalLM.from_pretrained(adapter, attn_implementation="eager")
    tokens = tunix_run.greedy[: len(tunix_run.logits)]
    with torch.no_grad():
        found = model(torch.tensor([tokens])).logits[0].numpy()
    assert np.abs(found - tunix_run.logits).max() < TOLERANCE


@lora_only
def test_another_alpha_gives_other_logits(tunix_run, tmp_path, load):
    """The comparison above can fail."""
    run = shutil.copytree(tunix_run.run, tmp_path / "run")
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["lora"]["alpha"] = 8.0
    (run / "manifest.json").write_text(json.dumps(manifest))
    adapter = export_adapter(run, tmp_path / "out")
    assert np.abs(peft_logits(tunix_run, adapter, load) - tunix_run.logits).max() > 100 * TOLERANCE


@pytest.mark.parametrize("tunix_run", ["gemma3-full"], indirect=True)
def test_a_run_without_adapters_is_refused(tunix_run, tmp_path):
    with pytest.raises(ExportError, match="no LoRA"):
        export_adapter(tunix_run.run, tmp_path / "out")
