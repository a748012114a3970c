import json
import shutil
from pathlib import Path

import numpy as np
import orbax.checkpoint as ocp
import pytest

from reasoning_train.config import dump_toml, load_config
from reasoning_train.errors import UserError
from reasoning_train.evaluation.target import open_target, weights_digest
from reasoning_train.models import locate_base
from reasoning_train.run_dir.manifest import run_manifest


@pytest.fixture
def run(tmp_path: Path) -> Path:
    root = tmp_path / "tiny-7"
    root.mkdir()
    (root / "config.toml").write_text(
        dump_toml(load_config(preset="tiny", flags=["--seed", "7", "--data.confidence", "true"]))
    )
    return root


def checkpoint(root: Path, folder: str, step: int) -> Path:
    path = root / "checkpoints" / folder / str(step) / "model_params"
    ocp.PyTreeCheckpointer().save(path.absolute(), {"w": np.full(3, step, np.float32)})
    return path


def test_a_run_is_taken_at_its_last_checkpoint(run: Path) -> None:
    assert (open_target(str(run)).name, open_target(str(run)).model_params) == ("base", None)
    sft = checkpoint(run, "sft", 50)
    assert open_target(str(run)).model_params == sft
    checkpoint(run, "actor", 5)
    newest = checkpoint(run, "actor", 30)
    target = open_target(str(run))
    assert (target.name, target.model_params) == ("grpo", newest)
    assert (target.subject.model, target.subject.seed) == ("tiny-gemma3", 7)
    assert target.subject.checkpoint == "actor/30"
    assert open_target(str(run), "sft").subject.checkpoint == "sft/50"
    assert open_target(str(run), "base").subject.checkpoint == ""


def test_an_interrupted_save_is_no_checkpoint(run: Path) -> None:
    sft = checkpoint(run, "sft", 50)
    (run / "checkpoints/actor/10.orbax-checkpoint-tmp/model_params").mkdir(parents=True)
    target = open_target(str(run))
    assert (target.name, target.model_params) == ("sft", sft)


def test_other_weights_of_the_same_step_are_another_subject(run: Path) -> None:
    path = checkpoint(run, "sft", 50)
    before = open_target(str(run)).subject
    (path / "weights").write_bytes(b"others")
    assert open_target(str(run)).subject != before
    assert weights_digest(None) == ""


def test_a_damaged_checkpoint_is_passed_over_with_a_line(run: Path) -> None:
    before = checkpoint(run, "actor", 5)
    (checkpoint(run, "actor", 30) / "manifest.ocdbt").write_bytes(b"")
    target = open_target(str(run))
    assert (target.model_params, target.subject.checkpoint) == (before, "actor/5")
    [note] = target.notes
    assert note.startswith("checkpoint actor/30 is damaged (")
    assert note.endswith(": actor/5, an older one, is used")
    with pytest.raises(UserError, match=r"actor/30 is damaged .*; there is also --step 5"):
        open_target(str(run), step=30)


def test_a_step_can_be_asked_for(run: Path) -> None:
    paths = [checkpoint(run, "sft", step) for step in (10, 20)]
    assert open_target(str(run), "sft", 10).model_params == paths[0]
    with pytest.raises(UserError, match="has no step 15; it has 10, 20"):
        open_target(str(run), "sft", 15)
    with pytest.raises(UserError, match="the base has no checkpoints"):
        open_target(str(run), "base", 10)


def test_a_run_is_asked_as_it_was_trained(run: Path) -> None:
    style = open_target(str(run)).style
    assert style is not None
    assert style.confidence
    older = {"name": "bare", "instructions": "Think.", "compact": True, "confidence": ""}
    made = run_manifest(load_config(preset="tiny"), locate_base("tiny-gemma3"), "0" * 64)
    (run / "manifest.json").write_text(json.dumps({**made, "prompt_style": older}))
    style = open_target(str(run)).style
    assert style is not None
    assert (style.instructions, bool(style.confidence)) == ("Think.", False)


def test_the_map_of_a_stage_is_that_of_the_same_checkpoint(run: Path) -> None:
    checkpoint(run, "actor", 30)
    assert open_target(str(run)).confidence_map is None
    (run / "evaluation").mkdir()
    record = {"checkpoint": "actor/30", "post_hoc": {"stated": [0.1, 0.9], "share": [0.2, 0.6]}}
    (run / "evaluation/grpo.json").write_text(json.dumps(record))
    found = open_target(str(run)).confidence_map
    assert found is not None
    assert found(0.5) == pytest.approx(0.4)
    checkpoint(run, "actor", 40)
    assert open_target(str(run)).confidence_map is None


def test_an_export_brings_its_map(base_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "exported"
    shutil.copytree(base_folder, folder)
    told = {"confidence_map": {"stated": [0.1, 0.9], "share": [0.2, 0.6]}}
    (folder / "export.json").write_text(json.dumps(told))
    found = open_target(str(folder)).confidence_map
    assert found is not None
    assert found(1.0) == 0.6


def test_a_stage_that_has_not_finished_is_said(run: Path) -> None:
    with pytest.raises(UserError, match="that stage has not finished"):
        open_target(str(run), "grpo")


def test_a_run_of_another_base_is_refused(run: Path) -> None:
    manifest = {"base_model": {"sha256": {"model.safetensors": "0" * 64}}}
    (run / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match=r"are not those that .* was trained on"):
        open_target(str(run))


def test_a_folder_of_weights_says_what_it_is(base_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "merged"
    shutil.copytree(base_folder, folder)
    assert open_target(str(folder)).subject.seed is None
    account = {
        "base_model": {"name": "tiny-gemma3"},
        "checkpoint": {"stage": "actor", "step": 30},
        "seed": 4,
    }
    (folder / "export.json").write_text(json.dumps(account))
    target = open_target(str(folder))
    assert target.name == "merged"
    assert (target.subject.model, target.subject.seed) == ("tiny-gemma3", 4)
    assert target.subject.checkpoint == "actor/30"


def test_a_model_by_name() -> None:
    target = open_target("tiny-gemma3")
    assert (target.name, target.source, target.subject.seed) == ("tiny-gemma3", None, None)


def test_what_is_none_of_these_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is neither a run directory .* nor a model's name"):
        open_target("nothing")
    with pytest.raises(UserError, match="--stage and --step are for run directories"):
        open_target("tiny-gemma3", "sft")
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(UserError, match="holds a 'llama' model; supported: "):
        open_target(str(tmp_path))
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(UserError, match="cannot read"):
        open_target(str(tmp_path))
