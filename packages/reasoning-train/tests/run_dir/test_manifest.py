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


@pytest.mark.parametrize("confidence", [True, False])
def test_the_schema_and_what_it_is_rewarded_with(confidence: bool) -> None:
    config = RunConfig.model_validate({"data": {"style": "gemma", "confidence": confidence}})
    manifest = run_manifest(config, locate_base("tiny-gemma3"), "0" * 64)
    assert manifest["prompt_style"]["confidence"] is confidence
    assert ("Confidence:" in manifest["prompt_style"]["instructions"]) is confidence
    assert (manifest["reward_weights"]["confidence"] == 0.15) is confidence
    assert sum(manifest["reward_weights"].values()) == pytest.approx(1.0)
