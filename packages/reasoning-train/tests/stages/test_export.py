"""The stage with real weights, again and again, as after kills."""

import json
from pathlib import Path

import pytest

from reasoning_export import ExportError, verify
from reasoning_train.config import load_config
from reasoning_train.engine.checkpoint import save_weights
from reasoning_train.engine.model import Policy
from reasoning_train.models import locate_base
from reasoning_train.run_dir.directory import RunDir, State
from reasoning_train.run_dir.manifest import run_manifest
from reasoning_train.stages.export import export


@pytest.fixture
def run(tmp_path: Path, model: Policy) -> RunDir:
    """A run that has come to its export."""
    flags = ["--model.lora-rank", "4", "--model.lora-alpha", "8"]
    flags += ["--model.lora-targets", ".*q_einsum|.*down_proj"]
    config = load_config(preset="tiny", flags=flags)
    run = RunDir(tmp_path / "run")
    run.root.mkdir()
    manifest = run_manifest(config, locate_base("tiny-gemma3"), "0" * 64)
    run.manifest.write_text(json.dumps(manifest))
    run.write_state(State(done=("sft",), steps={"sft": 5}))
    save_weights(model, run.checkpoints / "sft" / "5" / "model_params")
    return run


def test_it_is_repeated_after_a_kill_at_any_moment(run: RunDir, base_folder: Path) -> None:
    half = run.export / ".safetensors.k1ll3d"
    half.mkdir(parents=True)
    (half / "model.safetensors").write_bytes(b"half")
    out = export(run, base_folder)
    weights = (out / "model.safetensors").read_bytes()
    # Killed between the export's rename and the run's state: the stage begins again.
    (out / "README.md").unlink()
    assert export(run, base_folder) == out
    verify(out)
    assert (out / "model.safetensors").read_bytes() == weights
    assert [path.name for path in run.export.iterdir()] == ["safetensors"]


def test_a_folder_with_other_things_is_left_alone(run: RunDir, base_folder: Path) -> None:
    (run.export / "safetensors").mkdir(parents=True)
    (run.export / "safetensors" / "notes.txt").write_text("dear")
    with pytest.raises(ExportError, match="not empty"):
        export(run, base_folder)
    assert (run.export / "safetensors" / "notes.txt").read_text() == "dear"
