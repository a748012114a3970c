"""The manifest says which weights were trained, and what merging them needs."""

import pytest

from reasoning_train.config import RunConfig
from reasoning_train.models import locate_base
from reasoning_train.run_dir.manifest import run_manifest


@pytest.mark.parametrize("training", ["lora", "full"])
def test_what_was_trained(training: str) -> None:
    config = RunConfig.model_validate({"model": {"training": training, "lora_rank": 4}})
    manifest = run_manifest(config, locate_base("tiny-gemma3"), "0" * 64)
    assert manifest["training"] == training
    assert manifest.get("lora", {}).get("rank") == (4 if training == "lora" else None)
    assert manifest["base_model"]["architecture"] == "gemma3_text"
