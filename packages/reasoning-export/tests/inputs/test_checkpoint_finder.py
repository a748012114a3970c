"""Which checkpoint is meant; a damaged one is passed over with a line, or refused in one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from reasoning_export import ExportError, Stage, Wanted, export_adapter, find_checkpoint, verify


@pytest.fixture
def save(tmp_path, save_params):
    def save(*names):
        for name in names:
            values = np.random.default_rng(0).normal(size=(64, 64)).astype(np.float32)
            save_params(tmp_path / "checkpoints" / name / "model_params", {"a.w": values})
        return tmp_path

    return save


def damage(checkpoint: Path, how: str) -> None:
    """As a copy that broke off, a full disk, or a bad block leaves it."""
    folder = checkpoint / "model_params"
    if how == "metadata missing":
        (folder / "_METADATA").unlink()
    elif how == "metadata cut":
        (folder / "_METADATA").write_text("{")
    elif how == "empty":
        for path in sorted(folder.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
    else:
        files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("_"))
        largest = max(files, key=lambda path: path.stat().st_size)
        if how == "data missing":
            largest.unlink()
        elif how == "data cut":
            os.truncate(largest, largest.stat().st_size // 2)
        else:
            manifest = next(p for p in files if p.name == "manifest.ocdbt")
            manifest.write_bytes(b"")


DAMAGE = ("metadata missing", "metadata cut", "empty", "data missing", "data cut", "index empty")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), "actor/20"),
        (Wanted(Stage.GRPO), "after-best/30"),
        (Wanted(Stage.SFT), "sft/300"),
        (Wanted(step=10), "actor/10"),
        (Wanted(step=30), "after-best/30"),
        (Wanted(Stage.SFT, 100), "sft/100"),
    ],
)
def test_the_checkpoint_that_is_asked_for(save, wanted, found):
    """Validation chose step 20, so what came after lies elsewhere."""
    run = save("actor/10", "actor/20", "after-best/30", "sft/100", "sft/300")
    (run / "checkpoints/actor/40.orbax-checkpoint-tmp-3/model_params").mkdir(parents=True)
    checkpoint = find_checkpoint(run, wanted)
    assert checkpoint.path == run / "checkpoints" / found / "model_params"
    assert checkpoint.stage == ("sft" if found.startswith("sft") else "actor")
    assert checkpoint.passed_over == ()


def test_sft_is_taken_where_there_was_no_grpo(save):
    run = save("sft/20")
    (run / "checkpoints/actor").mkdir()
    assert find_checkpoint(run).stage == "sft"
    with pytest.raises(ExportError, match="has no checkpoint of grpo"):
        find_checkpoint(run, Wanted(Stage.GRPO))


def test_a_run_without_a_checkpoint_is_refused(tmp_path):
    with pytest.raises(ExportError, match="has no checkpoint under"):
        find_checkpoint(tmp_path)


@pytest.mark.parametrize("how", DAMAGE)
def test_the_one_before_a_damaged_one_is_taken_with_a_line(save, how):
    run = save("actor/10", "actor/20")
    damage(run / "checkpoints/actor/20", how)
    checkpoint = find_checkpoint(run)
    assert checkpoint.step == 10
    [line] = checkpoint.passed_over
    assert line.startswith("checkpoint actor/20 is damaged (")
    assert "\n" not in line
    assert len(line) < 200
    assert str(run) not in line
    with pytest.raises(ExportError, match=r"actor/20 is damaged .*; there is also --step 10"):
        find_checkpoint(run, Wanted(step=20))


def test_where_all_are_damaged_sft_is_named_and_not_taken(save):
    run = save("actor/20", "sft/100")
    damage(run / "checkpoints/actor/20", "data cut")
    with pytest.raises(ExportError, match="--stage sft takes the weights before GRPO"):
        find_checkpoint(run)
    damage(run / "checkpoints/sft/100", "data cut")
    with pytest.raises(ExportError, match="copy the run again"):
        find_checkpoint(run, Wanted(Stage.SFT))


def test_a_step_that_is_not_there_is_answered_with_those_that_are(save):
    run = save("actor/10", "actor/20")
    with pytest.raises(ExportError, match="has no step 15; it has 10, 20"):
        find_checkpoint(run, Wanted(step=15))


def test_an_export_says_what_it_holds_and_what_it_passed_over(make_golden, tmp_path):
    golden = make_golden()
    golden.add_checkpoint("actor/9")
    damage(golden.run / "checkpoints/actor/9", "data missing")
    out = export_adapter(golden.run, tmp_path / "out")
    verified = verify(out, golden.run)
    assert verified.checks[0] == "it holds GRPO, step 7"
    assert verified.warnings[0].startswith("checkpoint actor/9 is damaged (")
    assert "A newer checkpoint was skipped: checkpoint actor/9" in (out / "README.md").read_text()


def test_an_export_is_compared_with_what_it_was_asked_for(make_golden, tmp_path):
    golden = make_golden()
    golden.add_checkpoint("sft/3")
    out = export_adapter(golden.run, tmp_path / "out", wanted=Wanted(Stage.SFT))
    assert "it holds SFT, step 3" in verify(out, golden.run).checks
    other = {name: array + 1 for name, array in golden.lora.items()}
    golden.add_checkpoint("actor/8", other)
    verify(out, golden.run)
    golden.add_checkpoint("sft/4", other)
    with pytest.raises(ExportError, match="this export is stale"):
        verify(out, golden.run)


@pytest.mark.parametrize("arguments", [[], ["--step", "9"], ["--stage", "grpo"]])
def test_the_command_says_it_in_lines(make_golden, tmp_path, arguments):
    golden = make_golden()
    golden.add_checkpoint("actor/9")
    damage(golden.run / "checkpoints/actor/9", "data cut")
    program = Path(sys.executable).with_name("reasoning-export")
    done = subprocess.run(
        [program, "adapter", golden.run, tmp_path / "out", *arguments, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    if "--step" in arguments:
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert "there is also --step 7" in done.stderr
    else:
        assert done.stderr == ""
        assert "actor/9 is damaged" in json.loads(done.stdout)["warnings"][0]
