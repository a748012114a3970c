import json

import pytest

from reasoning_export import ExportError, Run, export_safetensors


def test_a_manifest_is_read(make_golden):
    golden = make_golden()
    run = Run.open(golden.run)
    assert (run.lora.rank, run.lora.alpha) == (4, 8.0)
    assert run.base == golden.base


def test_a_base_in_the_run_directory_is_found_by_its_relative_path(make_golden):
    golden = make_golden()
    golden.base.rename(golden.run / "base")
    golden.edit_manifest(base_model={"path": "base"})
    assert Run.open(golden.run).base == golden.run / "base"


def test_a_base_that_moved_can_be_named(make_golden, tmp_path):
    golden = make_golden()
    golden.base.rename(tmp_path / "moved")
    with pytest.raises(ExportError, match="--base"):
        Run.open(golden.run)
    assert Run.open(golden.run, tmp_path / "moved").base == tmp_path / "moved"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "format is 2"),
        ({"base_model": None}, "base_model"),
        ({"base_model": {"path": "../base"}}, "leaves the run directory"),
        ({"base_model": {"path": ""}}, "base_model.path"),
        ({"base_model": {"sha256": {"../x": "0" * 64}}}, "same folder"),
        ({"base_model": {"sha256": {"/etc/passwd": "0" * 64}}}, "same folder"),
        ({"base_model": {"sha256": {"config.json": "short"}}}, "'short'"),
        ({"training": "dpo"}, "'dpo'"),
        ({"lora": None}, "lora is None"),
        ({"lora": {"rank": 0}}, "rank is 0"),
        ({"lora": {"rank": 1 << 40}}, "rank"),
        ({"lora": {"alpha": float("nan")}}, "alpha is nan"),
    ],
)
def test_a_broken_or_hostile_manifest_is_refused(make_golden, changes, message):
    golden = make_golden()
    golden.edit_manifest(**changes)
    with pytest.raises(ExportError, match=message):
        Run.open(golden.run)


@pytest.mark.parametrize("content", ["", "[]", "{", "\x00"])
def test_a_manifest_that_is_no_json_object_is_refused(make_golden, content):
    golden = make_golden()
    (golden.run / "manifest.json").write_text(content)
    with pytest.raises(ExportError, match=r"manifest\.json"):
        Run.open(golden.run)


def test_a_link_out_of_the_checkpoint_is_refused(make_golden, tmp_path):
    golden = make_golden()
    (tmp_path / "secret").write_text("secret")
    link = golden.run / "checkpoints/actor/7/model_params/link"
    link.symlink_to(tmp_path / "secret")
    with pytest.raises(ExportError, match="neither a file nor a folder"):
        Run.open(golden.run)


def test_a_base_that_changed_is_refused(make_golden, tmp_path):
    golden = make_golden()
    path = golden.base / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ExportError, match=r"model\.safetensors.*changed"):
        export_safetensors(golden.run, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_checkpoint_of_another_model_is_refused(make_golden, tmp_path):
    golden = make_golden()
    golden.edit_manifest(lora={"rank": 8})
    with pytest.raises(ExportError, match="another model or rank"):
        export_safetensors(golden.run, tmp_path / "out")


def test_a_manifest_of_another_architecture_is_refused(make_golden, tmp_path):
    golden = make_golden()
    golden.edit_manifest(base_model={"architecture": "gemma2"})
    with pytest.raises(ExportError, match="'gemma2'"):
        export_safetensors(golden.run, tmp_path / "out")


@pytest.mark.parametrize(
    ("done", "finished"), [(["data", "sft"], False), (["data", "sft", "grpo"], True), ([], False)]
)
def test_the_run_says_whether_the_stage_is_over(make_golden, done, finished):
    golden = make_golden()
    assert Run.open(golden.run).finished is None
    (golden.run / "state.json").write_text(json.dumps({"done": done}))
    assert Run.open(golden.run).finished is finished


@pytest.mark.parametrize("done", [None, "grpo", {"grpo": 1}])
def test_a_state_that_is_none_is_refused(make_golden, done):
    golden = make_golden()
    (golden.run / "state.json").write_text(json.dumps({"done": done}))
    with pytest.raises(ExportError, match=r"state\.json: done"):
        Run.open(golden.run)
