"""A run finds its base model from any directory, and accepts no other."""

import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from reasoning_train.config import RunConfig, dump_toml
from reasoning_train.errors import UserError
from reasoning_train.evaluation.target import open_target
from reasoning_train.models import locate_base
from reasoning_train.models.run_base import check_same_base, weights_of_run
from reasoning_train.pipeline import run_pipeline
from reasoning_train.preflight import preflight
from reasoning_train.run_dir.manifest import run_manifest


@pytest.fixture
def begun(base_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run that was begun in `here` with `--model.weights base`, seen from `elsewhere`."""
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copytree(base_folder, here / "base")
    monkeypatch.chdir(here)
    config = RunConfig.model_validate({"model": {"name": "tiny-gemma3", "weights": "base"}})
    run = here / "run"
    run.mkdir()
    (run / "config.toml").write_text(dump_toml(config))
    manifest = run_manifest(config, locate_base("tiny-gemma3", "base"), "0" * 64)
    (run / "manifest.json").write_text(json.dumps(manifest))
    monkeypatch.chdir(elsewhere)
    return run


def test_a_relative_path_is_one_of_where_the_run_was_begun(begun: Path) -> None:
    found = weights_of_run(begun / "manifest.json", "base")
    assert found == str(begun.parent / "base")
    assert open_target(str(begun)).base.folder == begun.parent / "base"


def test_another_folder_of_that_name_is_not_taken(begun: Path, base_folder: Path) -> None:
    shutil.copytree(base_folder, "base")
    assert open_target(str(begun)).base.folder == begun.parent / "base"


def test_the_check_before_a_run_finds_it_too(begun: Path) -> None:
    config = RunConfig.model_validate({"model": {"name": "tiny-gemma3", "weights": "base"}})
    preflight(config, begun)
    with pytest.raises(UserError, match=r"model.weights 'base' is not a folder"):
        preflight(config, begun.parent / "new")


def test_what_is_absolute_or_gone_is_left_as_it_is(begun: Path, tmp_path: Path) -> None:
    manifest = begun / "manifest.json"
    assert weights_of_run(manifest, str(tmp_path)) == str(tmp_path)
    assert weights_of_run(manifest, "") == ""
    assert weights_of_run(tmp_path / "none.json", "base") == "base"
    shutil.rmtree(begun.parent / "base")
    assert weights_of_run(manifest, "base") == "base"


def test_a_base_that_changed_is_refused_before_anything_is_trained(begun: Path) -> None:
    (begun.parent / "base" / "generation_config.json").write_text("{}")
    config = RunConfig.model_validate({"model": {"name": "tiny-gemma3", "weights": "base"}})
    with pytest.raises(UserError, match=r"are not those that .* was trained on"):
        run_pipeline(config, begun, Console())
    with pytest.raises(UserError, match=r"are not those that .* was trained on"):
        check_same_base(
            begun / "manifest.json", locate_base("tiny-gemma3", str(begun.parent / "base"))
        )
