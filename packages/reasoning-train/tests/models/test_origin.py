"""A run records what was really loaded, not the preset's name."""

import json
import shutil
from pathlib import Path

import pytest

from reasoning_train.config import RunConfig
from reasoning_train.models import MODELS, locate_base
from reasoning_train.models.origin import Origin, hub_snapshot, origin_of
from reasoning_train.run_dir.manifest import run_manifest

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_a_snapshot_of_the_hub_is_its_id_and_commit(tmp_path: Path, base_folder: Path) -> None:
    snapshot = tmp_path / "models--google--gemma-3-x" / "snapshots" / COMMIT
    shutil.copytree(base_folder, snapshot)
    for text in ("google/gemma-3-x", str(snapshot)):
        assert origin_of(text, snapshot) == Origin(
            "google/gemma-3-x", "hub", "google/gemma-3-x", COMMIT, "gemma"
        )
    manifest = run_manifest(RunConfig(), locate_base("tiny-gemma3", str(snapshot)), "0" * 64)
    base = manifest["base_model"]
    assert (base["name"], base["id"], base["revision"], base["source"]) == (
        "google/gemma-3-x",
        "google/gemma-3-x",
        COMMIT,
        "hub",
    )


@pytest.mark.parametrize("path", ["models--a--b/blobs/c", "models--a/snapshots/c", "x/snapshots/c"])
def test_other_folders_are_no_snapshots(path: str) -> None:
    assert hub_snapshot(Path("/cache") / path) is None


@pytest.mark.parametrize("version", ["/3", ""])
def test_a_kaggle_model_is_its_handle_and_version(version: str) -> None:
    handle = "google/gemma-2/transformers/gemma-2-2b-it"
    found = origin_of(handle + version, Path("/kaggle/input") / handle / "3", handle + version)
    assert found == Origin("gemma-2-2b-it", "kaggle", handle, "3", "gemma")


@pytest.mark.parametrize("folder", ["mine", "mine/2"])
def test_a_folder_has_its_name_and_no_id(folder: str, tmp_path: Path) -> None:
    assert origin_of(str(tmp_path / folder), tmp_path / folder) == Origin("mine", "folder")


def test_a_gguf_file_has_its_name(tmp_path: Path) -> None:
    assert origin_of("x/gemma-Q8_0.gguf", tmp_path) == Origin("gemma-Q8_0", "gguf")


def test_an_export_is_its_base_trained(tmp_path: Path) -> None:
    account = {
        "base_model": {"name": "google/gemma-3-1b-it", "license": "gemma"},
        "checkpoint": {"stage": "sft", "step": 40},
    }
    (tmp_path / "export.json").write_text(json.dumps(account))
    found = origin_of(str(tmp_path), tmp_path)
    assert found == Origin("google/gemma-3-1b-it (sft/40)", "export", licence="gemma")


@pytest.mark.parametrize("text", ["{", "{}", '{"base_model": 1, "checkpoint": 2}'])
def test_an_export_with_a_broken_record_has_its_folders_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "export.json").write_text(text)
    assert origin_of(str(tmp_path), tmp_path) == Origin(tmp_path.name, "export")


def test_the_models_that_the_hub_has_are_named_by_their_id() -> None:
    for name, model in MODELS.items():
        if name not in ("tiny-gemma3", "gemma3-270m"):
            assert model.origin.id is not None
            assert model.origin.id.startswith("google/gemma-")
            assert len(model.origin.revision or "") == 40
        else:
            assert model.origin.id is None


def test_the_digest_is_of_all_files(tmp_path: Path, base_folder: Path) -> None:
    folder = shutil.copytree(base_folder, tmp_path / "copy")
    base = locate_base("tiny-gemma3", str(folder))
    assert base.digest == locate_base("tiny-gemma3").digest
    (folder / "generation_config.json").write_text("{}")
    assert base.digest != locate_base("tiny-gemma3", str(folder)).digest
