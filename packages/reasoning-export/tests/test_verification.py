import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from reasoning_export import (
    ExportError,
    export_adapter,
    export_orbax,
    export_safetensors,
    verify,
)
from reasoning_export.files import file_sha256, folder_files

EXPORTS = {
    "safetensors": export_safetensors,
    "adapter": export_adapter,
    "orbax": export_orbax,
}


@pytest.fixture
def merged(make_golden, tmp_path):
    return export_safetensors(make_golden().run, tmp_path / "out", shard_bytes=40_000)


def sign(out):
    """Make `export.json` list what is there now, as one who tampers would."""
    path = out / "export.json"
    record = json.loads(path.read_text())
    path.unlink()
    record["files"] = folder_files(out)
    path.write_text(json.dumps(record))


@pytest.mark.parametrize("kind", EXPORTS)
def test_a_good_export_verifies(make_golden, tmp_path, kind):
    golden = make_golden()
    out = EXPORTS[kind](golden.run, tmp_path / "out")
    verified = verify(out, golden.run)
    assert verified.kind == kind
    assert "newest checkpoint" in verified.checks[-1]


@pytest.mark.parametrize("kind", EXPORTS)
def test_any_changed_byte_is_found_and_named(make_golden, tmp_path, kind):
    out = EXPORTS[kind](make_golden().run, tmp_path / "out")
    for path in [path for path in out.rglob("*") if path.is_file() and path.stat().st_size]:
        if path.name == "export.json":
            continue
        good = path.read_bytes()
        path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        with pytest.raises(ExportError, match=path.name):
            verify(out)
        path.write_bytes(good)
    verify(out)


@pytest.mark.parametrize("kind", EXPORTS)
def test_an_export_of_an_older_checkpoint_is_stale(make_golden, tmp_path, kind):
    golden = make_golden()
    out = EXPORTS[kind](golden.run, tmp_path / "out")
    newer = golden.run / "checkpoints/actor/8"
    shutil.copytree(golden.run / "checkpoints/actor/7", newer)
    verify(out, golden.run)
    (newer / "model_params" / "note").write_text("other")
    with pytest.raises(ExportError, match=r"stale.*actor/7.*actor/8"):
        verify(out, golden.run)


def test_a_missing_shard_is_named(merged):
    (merged / "model-00002-of-00003.safetensors").unlink()
    with pytest.raises(ExportError, match="model-00002-of-00003"):
        verify(merged)
    sign(merged)
    with pytest.raises(ExportError, match="model-00002-of-00003"):
        verify(merged)


def test_a_stray_file_is_named(merged):
    (merged / "notes.txt").write_text("mine")
    with pytest.raises(ExportError, match=r"notes\.txt"):
        verify(merged)


def rewrite(out, change):
    path = out / "model-00002-of-00003.safetensors"
    tensors = load_file(path)
    name = next(name for name in tensors if name.endswith("up_proj.weight"))
    change(tensors, name)
    save_file(tensors, path, metadata={"format": "pt"})
    sign(out)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t, n: t.update({n: t[n] * np.nan}), "up_proj.*not finite"),
        (lambda t, n: t.update({n: t[n].T.copy()}), "up_proj.*shape"),
        (lambda t, n: t.pop(n), "up_proj"),
        (lambda t, n: t.update({n: t[n].astype(np.int32)}), "I32"),
        (lambda t, n: t.update({n: t[n] + np.float32(0.1)}), "logits are not those recorded"),
        (lambda t, n: t.update({"model.extra": t[n]}), "model.extra"),
    ],
    ids=["nan", "transposed", "missing", "integer", "other values", "extra"],
)
def test_tampered_tensors_are_found_though_the_record_agrees(merged, change, message):
    rewrite(merged, change)
    with pytest.raises(ExportError, match=message):
        verify(merged)


def test_a_record_that_leads_out_of_the_folder_is_refused(merged):
    path = merged / "export.json"
    record = json.loads(path.read_text())
    record["files"]["../run/manifest.json"] = {"sha256": "0" * 64, "bytes": 1}
    path.write_text(json.dumps(record))
    with pytest.raises(ExportError, match="leads out of the folder"):
        verify(merged)


def test_an_index_that_leads_out_of_the_folder_is_refused(merged):
    path = merged / "model.safetensors.index.json"
    index = json.loads(path.read_text())
    index["weight_map"]["model.norm.weight"] = "../base/model.safetensors"
    path.write_text(json.dumps(index))
    sign(merged)
    with pytest.raises(ExportError, match="same folder"):
        verify(merged)


def test_a_link_in_an_export_is_refused(merged, tmp_path):
    (tmp_path / "elsewhere").write_text((merged / "config.json").read_text())
    (merged / "config.json").unlink()
    (merged / "config.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ExportError, match=r"config\.json.*refused"):
        verify(merged)


def test_absurd_sizes_in_a_config_are_refused_before_anything_is_read(merged):
    config = json.loads((merged / "config.json").read_text())
    (merged / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 10**12}))
    sign(merged)
    with pytest.raises(ExportError, match="num_hidden_layers"):
        verify(merged)


@pytest.mark.parametrize("header", [b"", b"\xff" * 8, (1 << 62).to_bytes(8, "little") + b"{}"])
def test_a_broken_weights_file_is_named(merged, header):
    (merged / "model-00001-of-00003.safetensors").write_bytes(header)
    sign(merged)
    with pytest.raises(ExportError, match="model-00001-of-00003"):
        verify(merged)


def test_half_an_adapter_is_named(make_golden, tmp_path):
    out = export_adapter(make_golden().run, tmp_path / "out")
    tensors = load_file(out / "adapter_model.safetensors")
    tensors.pop(next(name for name in tensors if "lora_B" in name))
    save_file(tensors, out / "adapter_model.safetensors", metadata={"format": "pt"})
    sign(out)
    with pytest.raises(ExportError, match="without its other half"):
        verify(out)


def test_a_folder_that_is_no_export_is_refused(tmp_path):
    with pytest.raises(ExportError, match=r"export\.json"):
        verify(tmp_path)


def test_a_placeholder_without_a_row_is_allowed_and_said(make_golden, tmp_path):
    """Gemma 3's tokenizer has one piece more than its text models have rows."""
    from tokenizers import Tokenizer

    golden = make_golden()
    add_tokenizer_json(golden)
    tokenizer = Tokenizer.from_file(str(golden.base / "tokenizer.json"))
    rows = golden.config["vocab_size"]
    while tokenizer.get_vocab_size() <= rows:
        tokenizer.add_special_tokens([f"<placeholder{tokenizer.get_vocab_size()}>"])
    tokenizer.save(str(golden.base / "tokenizer.json"))
    out = export_safetensors(golden.run, tmp_path / "out")
    assert any(f"no row for '<placeholder{rows}>'" in line for line in verify(out).checks)


def test_a_base_whose_two_tokenizers_differ_is_exported_and_told(make_golden, tmp_path):
    golden = make_golden()
    add_tokenizer_json(golden)
    path = golden.base / "tokenizer.json"
    change_tokenizer(path)
    golden.edit_manifest(base_model={"sha256": {path.name: file_sha256(path)}})
    out = export_safetensors(golden.run, tmp_path / "out")
    assert any("the base's own two tokenizers differ" in line for line in verify(out).checks)


def add_tokenizer_json(golden):
    from reasoning_export.formats.config_and_tokenizer import write_tokenizer

    folder = golden.base.with_name("made")
    folder.mkdir()
    write_tokenizer(folder, golden.base)
    shutil.copyfile(folder / "tokenizer.json", golden.base / "tokenizer.json")
    shutil.rmtree(folder)


def change_tokenizer(path):
    from tokenizers import Tokenizer, normalizers

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.save(str(path))
