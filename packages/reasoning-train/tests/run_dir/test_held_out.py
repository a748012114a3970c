from pathlib import Path

import pytest

from reasoning_train.errors import UserError
from reasoning_train.run_dir.directory import RunDir, evaluation_files
from reasoning_train.run_dir.held_out import (
    evaluation_folder,
    first_held_out,
    held_out_folders,
    keep_names,
)


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return RunDir(tmp_path / "run")


def test_without_names_the_data_holds_out_its_own(run: RunDir) -> None:
    assert held_out_folders(run) == {"": run.data}
    assert first_held_out(run) == run.data
    assert evaluation_folder(run, "") == run.evaluation


def test_named_sets_keep_their_order_and_the_first_is_at_the_top(run: RunDir) -> None:
    keep_names(run, ["zebra", "ape"])
    assert held_out_folders(run) == {
        "zebra": run.held_out / "zebra",
        "ape": run.held_out / "ape",
    }
    assert first_held_out(run) == run.held_out / "zebra"
    assert evaluation_folder(run, "zebra") == run.evaluation
    assert evaluation_folder(run, "ape") == run.evaluation / "sets" / "ape"


def test_a_damaged_list_of_names_is_said(run: RunDir) -> None:
    keep_names(run, ["ape"])
    (run.held_out / "sets.json").write_text("[")
    with pytest.raises(UserError, match=r"sets\.json' is damaged"):
        held_out_folders(run)


def test_files_of_an_evaluation_are_those_on_every_set(run: RunDir) -> None:
    for folder in (run.evaluation, run.evaluation_sets / "ape", run.evaluation / "prompts"):
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("sft.json", "sft-8-samples.json", "grpo.json"):
            (folder / name).write_text("{}")
    found = {str(path.relative_to(run.evaluation)) for path in evaluation_files(run, "sft")}
    assert found == {
        "sft.json",
        "sft-8-samples.json",
        "sets/ape/sft.json",
        "sets/ape/sft-8-samples.json",
    }
