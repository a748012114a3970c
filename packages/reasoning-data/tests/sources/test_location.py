import hashlib
import json
import os
from pathlib import Path

import datasets
import pytest

from reasoning_data import DataError, load_gsm8k
from reasoning_data.answers.final_answer import NUMBER
from reasoning_data.sources.location import gsm8k_entry, is_local
from reasoning_rewards import same_answer

ROW = {"question": "How many?", "answer": "1+1 = <<1+1=2>>2\n#### 2"}


@pytest.fixture
def folder(tmp_path):
    for split, rows in (("train", [ROW, ROW]), ("test", [ROW])):
        (tmp_path / f"{split}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return tmp_path


def test_a_file_a_folder_and_the_hubs_layout_give_the_same_problems(folder, tmp_path):
    from_file = load_gsm8k(folder / "train.jsonl")
    assert from_file == load_gsm8k(str(folder))
    assert [p.id for p in from_file] == ["gsm8k-train:1", "gsm8k-train:2"]
    assert from_file[0].rationale == "1+1 = 2"
    hub = tmp_path / "hub"
    (hub / "main").mkdir(parents=True)
    datasets.Dataset.from_list([ROW, ROW]).to_parquet(
        str(hub / "main/train-00000-of-00001.parquet")
    )
    (hub / "README.md").write_text(
        "---\nconfigs:\n- config_name: main\n  data_files:\n"
        "  - split: train\n    path: main/train-*\n---\n"
    )
    from_hub = load_gsm8k(hub)
    assert [(p.id, p.question) for p in from_hub] == [(p.id, p.question) for p in from_file]
    assert len(load_gsm8k(folder, split="test")) == 1


def test_a_file_of_ones_own_is_not_called_gsm8k(folder):
    [problem, _] = load_gsm8k(folder / "train.jsonl")
    assert (problem.source, problem.license) == ("train", "unknown")
    entry = gsm8k_entry(folder, split="test", rows=1)
    assert (entry.name, entry.location, entry.license) == ("test", "test.jsonl", "unknown")
    assert entry.sha256 == hashlib.sha256((folder / "test.jsonl").read_bytes()).hexdigest()


def test_the_published_files_are_known_by_their_digest(folder, monkeypatch):
    digest = gsm8k_entry(folder, rows=2).sha256
    monkeypatch.setattr("reasoning_data.sources.location.GSM8K_FILES", {digest})
    assert {(p.source, p.license) for p in load_gsm8k(folder)} == {("gsm8k", "MIT")}
    entry = gsm8k_entry("openai/gsm8k", revision="abc", rows=7)
    assert (entry.name, entry.license, entry.revision) == ("gsm8k", "MIT", "abc")
    assert entry.sha256 == ""


@pytest.mark.parametrize("line", ["{broken", json.dumps({"question": "q", "answer": "no gold"})])
def test_a_bad_row_names_its_line(tmp_path, line):
    path = tmp_path / "train.jsonl"
    path.write_text(f"{json.dumps(ROW)}\n{line}\n")
    with pytest.raises(DataError, match=r"train\.jsonl:2"):
        load_gsm8k(path)


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        load_gsm8k(tmp_path / "train.jsonl")


@pytest.mark.parametrize(
    ("location", "local"),
    [("openai/gsm8k", False), ("data/train.jsonl", True), ("train.csv", True), ("a/b/c", True)],
)
def test_what_is_a_path_and_what_a_hub_id(location, local):
    assert is_local(location) is local


WHOLE = os.environ.get("REASONING_GSM8K", "")


@pytest.mark.skipif(not WHOLE, reason="set REASONING_GSM8K to the folder with train and test.jsonl")
def test_every_gold_of_the_real_gsm8k_is_in_its_rationale_but_a_known_few():
    problems = [p for split in ("train", "test") for p in load_gsm8k(Path(WHOLE), split=split)]
    assert len(problems) == 7473 + 1319
    last = [NUMBER.findall(p.rationale) for p in problems]
    agree = sum(
        bool(values) and same_answer(values[-1], p.answer)
        for p, values in zip(problems, last, strict=True)
    )
    assert agree >= 8500
    assert all("<<" not in p.rationale and "####" not in p.rationale for p in problems)
