"""The base that an adapter names is the one it was trained on, and another one is refused."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from reasoning_export import ExportError, export_adapter, export_safetensors, verify

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def config(out):
    return json.loads((out / "adapter_config.json").read_text())


def of_the_hub(golden):
    golden.edit_manifest(
        base_model={
            "name": "owner/base",
            "source": "hub",
            "id": "owner/base",
            "revision": COMMIT,
        }
    )


def other_base(golden, folder):
    shutil.copytree(golden.base, folder)
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    return folder


def test_a_base_of_the_hub_is_named_with_its_commit(make_golden, tmp_path):
    golden = make_golden()
    of_the_hub(golden)
    out = export_adapter(golden.run, tmp_path / "out")
    assert config(out)["base_model_name_or_path"] == "owner/base"
    assert config(out)["revision"] == COMMIT
    card = (out / "README.md").read_text()
    assert 'base_model: "owner/base"' in card
    assert f"`owner/base`, revision `{COMMIT}`, files with SHA-256 `" in card
    assert "AutoPeftModelForCausalLM" in card


def test_a_base_that_the_hub_does_not_have_is_named_by_its_folder(make_golden, tmp_path):
    golden = make_golden()
    golden.edit_manifest(base_model={"source": "kaggle", "id": "a/b/c/d", "revision": "1"})
    out = export_adapter(golden.run, tmp_path / "out")
    assert config(out)["base_model_name_or_path"] == str(golden.base)
    assert config(out)["revision"] is None
    card = (out / "README.md").read_text()
    assert "base_model:" not in card
    assert "`a/b/c/d`, revision `1`" in card
    assert "BASE is a folder" in card


def test_the_base_that_was_loaded_goes_before_the_manifests_path(make_golden, tmp_path):
    golden = make_golden()
    moved = shutil.move(golden.base, tmp_path / "moved")
    out = export_adapter(golden.run, tmp_path / "out", base=Path(moved))
    assert config(out)["base_model_name_or_path"] == str(moved)


@pytest.mark.parametrize("export", [export_adapter, export_safetensors])
def test_another_base_is_refused(make_golden, tmp_path, export):
    golden = make_golden()
    out = export(golden.run, tmp_path / "out")
    assert (
        f"made from the base model at {str(golden.base)!r}"
        in verify(out, base=golden.base).checks[-1]
    )
    other = other_base(golden, tmp_path / "other")
    with pytest.raises(ExportError, match="another base than this export was made from"):
        verify(out, base=other)
    with pytest.raises(ExportError, match="is not a folder"):
        verify(out, base=tmp_path / "nowhere")


def test_a_named_folder_whose_files_changed_is_refused(make_golden, tmp_path):
    golden = make_golden()
    out = export_adapter(golden.run, tmp_path / "out")
    assert verify(out).warnings == ()
    other = other_base(golden, tmp_path / "other")
    shutil.rmtree(golden.base)
    found = verify(out)
    assert "load the base yourself" in found.warnings[0]
    shutil.move(other, golden.base)
    with pytest.raises(ExportError, match="another base"):
        verify(out)


@pytest.mark.parametrize(
    "changes", [{"base_model_name_or_path": "other/base"}, {"revision": "main"}]
)
def test_a_name_that_is_not_the_recorded_one_is_refused(make_golden, tmp_path, changes):
    golden = make_golden()
    of_the_hub(golden)
    out = export_adapter(golden.run, tmp_path / "out")
    edit_config(out, **changes)
    with pytest.raises(ExportError, match="names the base"):
        verify(out)


def test_a_name_for_a_base_from_a_folder_is_refused(make_golden, tmp_path):
    out = export_adapter(make_golden().run, tmp_path / "out")
    edit_config(out, base_model_name_or_path="tiny-gemma3")
    with pytest.raises(ExportError, match="it was made from a folder"):
        verify(out)


def test_a_copy_in_the_hubs_cache_is_compared(make_golden, tmp_path, monkeypatch):
    golden = make_golden()
    of_the_hub(golden)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    out = export_adapter(golden.run, tmp_path / "out")
    assert any("not in this machine's cache" in line for line in verify(out).checks)
    snapshot = tmp_path / "hub" / "models--owner--base" / "snapshots" / COMMIT
    other_base(golden, snapshot)
    with pytest.raises(ExportError, match="another base"):
        verify(out)


def edit_config(out, **changes):
    """As somebody would who also rewrites the record of the files."""
    path = out / "adapter_config.json"
    path.write_text(json.dumps(config(out) | changes))
    record = json.loads((out / "export.json").read_text())
    record["files"]["adapter_config.json"]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (out / "export.json").write_text(json.dumps(record))
