import json

import pytest

from reasoning_data import STYLES, BuildConfig, DataError, build, open_build


@pytest.fixture
def folder(tmp_path):
    config = BuildConfig(sources=["arithmetic,limit=60"], style="bare", format="jsonl")
    build(config, tmp_path / "out")
    return tmp_path / "out"


def test_a_build_is_opened_with_its_style_and_rows(folder):
    opened = open_build(folder)
    assert opened.style == STYLES["bare"]
    for split in ("sft", "grpo", "eval", "messages"):
        name = "sft" if split == "messages" else split
        assert len(list(opened.rows(split))) == opened.manifest.splits[name] > 0
    assert [task.id for task in opened.tasks("eval")] == [row["id"] for row in opened.rows("eval")]
    assert opened.examples()[0].prompt == next(opened.rows("sft"))["prompt"]


def test_a_changed_row_is_refused(folder):
    path = folder / "grpo.jsonl"
    path.write_text(path.read_text().replace('"gold": "', '"gold": "1', 1))
    with pytest.raises(DataError, match=r"is not what its manifest says: grpo\.jsonl"):
        open_build(folder)


def test_a_folder_that_is_not_a_build_is_refused(tmp_path):
    with pytest.raises(DataError, match="no build in"):
        open_build(tmp_path)


def test_a_manifest_without_a_style_is_refused(folder):
    path = folder / "manifest.json"
    content = json.loads(path.read_text())
    del content["config"]["style"]
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match="names no prompt style; build again"):
        open_build(folder)
