"""Runs and exports made to do harm: refused with the package's own error, whatever they hold."""

import contextlib
import json
import os
import random
import shutil

import numpy as np
import pytest

from reasoning_export import (
    ExportError,
    Run,
    export_adapter,
    export_orbax,
    export_safetensors,
    verify,
)
from reasoning_export.files import folder_files, is_inner_path, read_json
from reasoning_export.inputs.checkpoint_reader import CheckpointReader

BAD_VALUES = (None, -1, 0, 10**30, float("nan"), float("inf"), True, "x", "", "../x", [], {}, [{}])
EXPORTS = {"safetensors": export_safetensors, "adapter": export_adapter, "orbax": export_orbax}


def places(value, path=()):
    """Every path into a JSON value."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(child, (*path, key))


def replaced(value, path, new):
    copy = json.loads(json.dumps(value))
    node = copy
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = new
    return copy


def refuses_or_passes(action):
    """Any other exception than the package's own fails the test."""
    with contextlib.suppress(ExportError):
        action()


@pytest.mark.parametrize("kind", EXPORTS)
def test_no_value_in_a_record_or_config_brings_verify_down(make_golden, tmp_path, kind):
    rng = random.Random(kind)
    out = EXPORTS[kind](make_golden().run, tmp_path / "out")
    for path in sorted(out.glob("*.json")):
        good = path.read_text()
        value = json.loads(good)
        paths = [p for p in places(value) if len(p) < 4]
        for where in rng.sample(paths, min(12, len(paths))):
            path.write_text(json.dumps(replaced(value, where, rng.choice(BAD_VALUES))))
            if path.name != "export.json":
                sign(out)
            refuses_or_passes(lambda: verify(out))
            path.write_text(good)
            sign(out)


@pytest.mark.parametrize(
    ("path", "value"),
    [(("kind",), []), (("probe", "logit", 0), "x"), (("probe",), None), (("files",), [1])],
)
def test_values_of_the_wrong_kind_are_named(make_golden, tmp_path, path, value):
    out = export_safetensors(make_golden().run, tmp_path / "out")
    record = json.loads((out / "export.json").read_text())
    (out / "export.json").write_text(json.dumps(replaced(record, path, value)))
    with pytest.raises(ExportError, match=str(path[0])):
        verify(out)


def sign(out):
    path = out / "export.json"
    record = json.loads(path.read_text())
    path.unlink()
    record["files"] = folder_files(out)
    path.write_text(json.dumps(record))


def test_no_value_in_a_manifest_brings_an_export_down(make_golden, tmp_path):
    rng = random.Random(0)
    golden = make_golden()
    path = golden.run / "manifest.json"
    value = json.loads(path.read_text())
    for where in places(value):
        path.write_text(json.dumps(replaced(value, where, rng.choice(BAD_VALUES))))
        refuses_or_passes(lambda: export_adapter(golden.run, tmp_path / "out"))
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
    assert {entry.name for entry in tmp_path.iterdir()} == {"base", "run"}


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", b"9" * 5000, b"null"]
)
def test_json_made_to_exhaust_the_reader_is_refused(tmp_path, content):
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(ExportError, match="no JSON"):
        read_json(tmp_path / "x.json", "x")


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/../b", "/etc/passwd", "a//b", "a\\b", "a\0b", "a\nb", "x" * 300, "d/" * 600],
)
def test_paths_that_lead_out_or_cannot_be_are_told(name):
    assert not is_inner_path(name)


def test_ordinary_paths_are_inner():
    assert is_inner_path("actor/7/model_params/ocdbt.process_0/d/ab12")
    assert is_inner_path("actor/7/model_params/embedder.input_embedding/.zarray")


@pytest.mark.parametrize("name", ["../x", "a\0b", "x" * 300, "/etc/passwd"])
def test_a_record_with_an_impossible_name_is_refused(make_golden, tmp_path, name):
    out = export_adapter(make_golden().run, tmp_path / "out")
    record = json.loads((out / "export.json").read_text())
    record["files"][name] = {"sha256": "0" * 64, "bytes": 1}
    (out / "export.json").write_text(json.dumps(record))
    with pytest.raises(ExportError, match="leads out of the folder"):
        verify(out)


@pytest.mark.parametrize("target", ["secret", "."])
def test_a_link_anywhere_in_a_checkpoint_is_refused(make_golden, tmp_path, target):
    golden = make_golden()
    (golden.run / "checkpoints/actor/7/model_params/link").symlink_to(target)
    with pytest.raises(ExportError, match="neither a file nor a folder"):
        export_orbax(golden.run, tmp_path / "out")


def test_a_pipe_in_a_checkpoint_is_refused(make_golden, tmp_path):
    golden = make_golden()
    os.mkfifo(golden.run / "checkpoints/actor/7/model_params/pipe")
    with pytest.raises(ExportError, match="neither a file nor a folder"):
        export_orbax(golden.run, tmp_path / "out")


def test_a_linked_folder_in_an_export_is_refused(make_golden, tmp_path):
    out = export_adapter(make_golden().run, tmp_path / "out")
    (out / "more").symlink_to(tmp_path)
    with pytest.raises(ExportError, match="neither a file nor a folder"):
        verify(out)


def test_a_base_that_came_with_a_run_cannot_bring_a_file_of_this_machine(make_golden, tmp_path):
    golden = make_golden()
    golden.base.rename(golden.run / "base")
    golden.edit_manifest(base_model={"path": "base"})
    (tmp_path / "secret").write_text("{}")
    (golden.run / "base/special_tokens_map.json").symlink_to(tmp_path / "secret")
    with pytest.raises(ExportError, match="link out of the run directory"):
        Run.open(golden.run)


def test_a_checkpoint_that_asks_for_all_memory_is_refused(tmp_path):
    """Chunks that were never written read as zeros: a few bytes can claim any size."""
    import orbax.checkpoint as ocp
    import tensorstore

    folder = tmp_path / "model_params"
    checkpointer = ocp.Checkpointer(ocp.PyTreeCheckpointHandler(use_ocdbt=False))
    checkpointer.save(folder, {"a": {"value": np.zeros(4, np.float32)}})
    spec = {
        "driver": "zarr",
        "kvstore": {"driver": "file", "path": str(folder / "a.value")},
        "metadata": {"shape": [1 << 40], "chunks": [1 << 20], "dtype": "<f4"},
        "create": True,
        "delete_existing": True,
    }
    tensorstore.open(spec).result()
    with pytest.raises(ExportError, match=r"a\.value.*1099511627776.*refused"):
        CheckpointReader(folder)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"tree_metadata": {"x": 1}}', "[" * 10_000])
def test_a_checkpoint_with_broken_metadata_is_refused(make_golden, content):
    golden = make_golden()
    folder = golden.run / "checkpoints/actor/7/model_params"
    (folder / "_METADATA").write_text(content)
    with pytest.raises(ExportError, match=r"cannot read|no parameters|is no JSON"):
        CheckpointReader(folder)
