"""Forms of `model.weights`; remote names are resolved from hand-made caches."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reasoning_train.config import RunConfig
from reasoning_train.engine.mesh import make_mesh
from reasoning_train.engine.model import load_base
from reasoning_train.errors import UserError
from reasoning_train.models import locate_base
from reasoning_train.models.sources import attached, weights_folder
from reasoning_train.run_dir.manifest import run_manifest

COMMIT = "0123456789abcdef0123456789abcdef01234567"
HANDLE = "google/gemma-2/transformers/gemma-2-2b-it"


def test_a_folder_is_taken_as_it_is(gemma2_folder: Path) -> None:
    assert weights_folder(str(gemma2_folder), "m") == gemma2_folder


@pytest.mark.parametrize("text", ["", "nowhere", "/no/such/folder", "a/b/c", "../x/y"])
def test_what_is_nothing_is_the_users(text: str) -> None:
    with pytest.raises(UserError, match=r"is not a folder with config.json, a .gguf file"):
        weights_folder(text or ".", "m")


def elsewhere(code: str, **environment: str) -> str:
    """Resolve in a new process, because the libraries read their environment on import."""
    result = subprocess.run(
        [
            sys.executable,
            "-c",
            "from reasoning_train.models.sources import weights_folder\n" + code,
        ],
        env={"PATH": "", "HOME": "/nowhere", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return (result.stdout.strip() or result.stderr).strip()


def test_a_hub_id_is_its_snapshot(tmp_path: Path, gemma2_folder: Path) -> None:
    repository = tmp_path / "hub" / "models--owner--name"
    snapshot = shutil.copytree(gemma2_folder, repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    offline = {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    for text in ("owner/name", f"owner/name@{COMMIT}"):
        assert elsewhere(f"print(weights_folder({text!r}, 'm'))", **offline) == str(snapshot)
    missing = elsewhere("weights_folder('owner/other', 'm')", **offline)
    assert "UserError: cannot download 'owner/other'" in missing
    assert missing.splitlines()[-1].endswith("(or give a folder: --model.weights DIR)")


def test_a_kaggle_handle_is_its_folder(tmp_path: Path, gemma2_folder: Path) -> None:
    folder = shutil.copytree(gemma2_folder, tmp_path / "models" / HANDLE / "2")
    (tmp_path / "models" / HANDLE / "2.complete").touch()
    offline = {"KAGGLEHUB_CACHE": str(tmp_path), "KAGGLE_USERNAME": "x", "KAGGLE_KEY": "x"}
    assert elsewhere(f"print(weights_folder({HANDLE + '/2'!r}, 'm'))", **offline) == str(folder)


@pytest.mark.parametrize("mount", ["gemma-2", "models/google/gemma-2"])
def test_a_model_attached_to_a_notebook_is_found(tmp_path: Path, mount: str) -> None:
    for version in (2, 10):
        folder = tmp_path / mount / "transformers" / "gemma-2-2b-it" / str(version)
        folder.mkdir(parents=True)
        (folder / "config.json").write_text("{}")
    other = tmp_path / mount / "transformers" / "gemma-2-9b-it" / "11"
    other.mkdir(parents=True)
    (other / "config.json").write_text("{}")
    assert attached(HANDLE, tmp_path) == folder
    found = attached(f"{HANDLE}/2", tmp_path)
    assert found is not None
    assert found.name == "2"
    assert attached(f"{HANDLE}/3", tmp_path) is None
    assert attached(HANDLE, tmp_path / "nothing") is None


def test_an_earlier_run_is_merged_once(
    base_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flax import nnx
    from tunix.sft.checkpoint_manager import CheckpointManager

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    run, base = tmp_path / "run", locate_base("tiny-gemma3")
    run.mkdir()
    with pytest.raises(UserError, match=r"is not a folder with config.json"):
        weights_folder(str(run), "m")
    config = RunConfig.model_validate({"model": {"training": "full"}})
    (run / "manifest.json").write_text(json.dumps(run_manifest(config, base, "0" * 64)))
    with pytest.raises(UserError, match="has no checkpoint"):
        weights_folder(str(run), "m")
    model = load_base(base_folder, dtype="float32", remat=False, mesh=make_mesh())
    scale = model.final_norm.scale
    scale.set_value(scale.get_value() + 0.25)
    manager = CheckpointManager(str(run / "checkpoints" / "sft"))
    manager.save(3, model, None, force=True)
    manager.close()

    merged = weights_folder(str(run), "m")
    assert merged == weights_folder(str(run), "m")
    again = load_base(merged, dtype="float32", remat=False, mesh=make_mesh())
    assert nnx.state(again).final_norm.scale.get_value().tolist() == scale.get_value().tolist()
    assert locate_base("tiny-gemma3", str(run)).folder == merged

    exported = shutil.copytree(merged, run / "export" / "safetensors")
    assert weights_folder(str(run), "m") == exported
