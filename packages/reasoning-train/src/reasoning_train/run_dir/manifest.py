"""Manifest of a run, `manifest.json`: base model, data, versions and what was trained."""

import os
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from reasoning_data.rendering import get_style
from reasoning_train.config import RunConfig
from reasoning_train.config.schema import ModelSection
from reasoning_train.models import BaseModelFiles
from reasoning_train.run_dir.directory import FORMAT

PACKAGES = (
    "reasoning-rewards",
    "reasoning-data",
    "reasoning-train",
    "reasoning-export",
    "google-tunix",
    "jax",
    "jaxlib",
    "flax",
    "qwix",
    "optax",
    "orbax-checkpoint",
)


def git_commit() -> str | None:
    """Return the commit of the checkout that this package runs from.

    In a wheel there is no checkout, so the commit is read from `REASONING_GIT_COMMIT`; None if that
    is not set.
    """
    here = Path(__file__).resolve().parent
    result = subprocess.run(
        ["git", "-C", str(here), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    return result.stdout.strip() or os.environ.get("REASONING_GIT_COMMIT")


def _training(model: ModelSection) -> dict[str, Any]:
    """Return which weights were trained and, for adapters, what merging them requires."""
    if model.training == "full":
        return {"training": "full"}
    return {
        "training": "lora",
        "lora": {
            "rank": model.lora_rank,
            "alpha": model.lora_alpha,
            "targets": model.lora_targets,
        },
    }


def reward_weights(config: RunConfig) -> dict[str, float]:
    """Return the weights of the reward's components, which by default depend on the schema."""
    reward = config.reward
    return {name: getattr(reward, name) for name in ("correctness", "structure", "confidence")}


def run_manifest(
    config: RunConfig,
    base: BaseModelFiles,
    data_manifest_sha256: str,
    held_out: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the content of the manifest, which `reasoning-export` reads.

    Args:
        config: Configuration of the run.
        base: Base model.
        data_manifest_sha256: SHA-256 of the training data's manifest.
        held_out: SHA-256 of the manifest of each named evaluation set.
    """
    return {
        "format": FORMAT,
        "base_model": {
            "name": base.origin.name,
            "source": base.origin.kind,
            "id": base.origin.id,
            "revision": base.origin.revision,
            "license": base.origin.licence,
            "architecture": base.architecture,
            "path": str(base.folder.resolve()),
            "sha256": base.sha256,
            "digest": base.digest,
        },
        **_training(config.model),
        "schema": {
            "reasoning": ["<reasoning>", "</reasoning>"],
            "answer": ["<answer>", "</answer>"],
        },
        "prompt_style": get_style(config.data.style, config.data.confidence).as_dict(),
        "reward_weights": reward_weights(config),
        "data_manifest_sha256": data_manifest_sha256,
        "held_out_manifests_sha256": dict(held_out or {}),
        "packages": {name: version(name) for name in PACKAGES},
        "git_commit": git_commit(),
        "seed": config.seed,
    }
