import json
import sys

import pytest

from reasoning_export import ExportError
from reasoning_export.errors import CommandError
from reasoning_export.kaggle.notebook_session import find_base, open_session, run_command

GEMMA3_1B = {"model_type": "gemma3_text", "hidden_size": 1152}


@pytest.fixture
def inputs(tmp_path):
    (tmp_path / "input").mkdir()
    return tmp_path / "input"


def open_here(tmp_path, **options):
    (tmp_path / "working").mkdir(exist_ok=True)
    return open_session(
        tmp_path / "input", tmp_path / "working", links=tmp_path / "links", **options
    )


def add_model(folder, config=GEMMA3_1B):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(b"")
    return folder


def add_run(folder, *done, metrics=""):
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("seed = 0\n")
    (folder / "state.json").write_text(json.dumps({"done": done, "elapsed_s": 1.0}))
    (folder / "metrics.jsonl").write_text(metrics)
    (folder / "checkpoints").mkdir()
    return folder


def value(flags, name):
    return flags[flags.index(name) + 1]


def test_with_nothing_attached_the_tiny_model_is_trained(inputs, tmp_path):
    session = open_here(tmp_path, budget="1h")
    assert value(session.flags, "--preset") == "tiny"
    assert value(session.flags, "--budget") == "1h"
    assert session.export_flags == ()
    assert session.run == tmp_path / "working/run"


def test_the_tiny_model_in_an_attached_snapshot_is_no_base(inputs, tmp_path):
    add_model(inputs / "snapshot/packages/reasoning-train/src/reasoning_train/assets/tiny", {})
    session = open_here(tmp_path)
    assert (session.preset, session.export_flags) == ("tiny", ())
    add_model(inputs / "gemma")
    assert open_here(tmp_path).preset == "kaggle-gemma3-1b"


def test_a_resumed_run_brings_its_configuration(inputs, tmp_path):
    add_run(inputs / "run", "data")
    session = open_here(tmp_path, settings=["--seed", "1"])
    assert (session.preset, session.config) == ("", tmp_path / "working/run/config.toml")
    assert session.settings == ("--seed", "1")


def test_settings_go_with_a_new_run_and_with_one_that_goes_on(inputs, tmp_path):
    settings = ["--grpo.steps", "5"]
    assert open_here(tmp_path, settings=settings).flags[-2:] == tuple(settings)
    add_run(inputs / "run", "data")
    flags = open_here(tmp_path, settings=settings).flags
    assert ("--config" in flags, flags[-2:]) == (True, tuple(settings))


@pytest.mark.parametrize(
    ("place", "config", "preset"),
    [
        ("gemma-3-1b", GEMMA3_1B, "kaggle-gemma3-1b"),
        ("models/google/gemma-3/transformers/gemma-3-1b-it/1", GEMMA3_1B, "kaggle-gemma3-1b"),
        ("x", {"model_type": "gemma2", "hidden_size": 2304}, "kaggle-gemma2-2b"),
    ],
)
def test_the_base_model_is_found_wherever_it_is_mounted_and_decides(
    inputs, tmp_path, place, config, preset
):
    folder = add_model(inputs / place, config)
    session = open_here(tmp_path)
    assert value(session.flags, "--preset") == preset
    link = tmp_path / "links/base"
    assert value(session.flags, "--model.weights") == value(session.export_flags, "--base")
    assert value(session.export_flags, "--base") == str(link)
    assert link.resolve() == folder


def test_the_flags_are_the_same_when_the_mount_has_moved(inputs, tmp_path):
    folder = add_model(inputs / "gemma")
    before = open_here(tmp_path)
    folder.rename(inputs / "moved")
    assert open_here(tmp_path).flags == before.flags
    assert (tmp_path / "links/base").resolve() == inputs / "moved"


def test_an_export_of_ours_is_no_base_model(inputs):
    folder = add_model(inputs / "notebooks/ann/sft/exports/safetensors")
    (folder / "export.json").write_text("{}")
    assert find_base(inputs) is None


def test_several_base_models_or_an_unknown_one_are_refused(inputs):
    add_model(inputs / "a")
    add_model(inputs / "b", {"model_type": "llama", "hidden_size": 4096})
    with pytest.raises(ExportError, match="2 base models"):
        find_base(inputs)
    (inputs / "a/config.json").unlink()
    with pytest.raises(ExportError, match=r"no preset fits the base model.*llama"):
        find_base(inputs)


def test_gsm8k_is_found_by_its_rows_and_else_downloaded(inputs, tmp_path):
    add_model(inputs / "gemma")
    session = open_here(tmp_path)
    assert not [flag for flag in session.flags if flag.startswith("--data.")]  # the preset's hub
    assert session.found[-1] == "problems: GSM8K from the hub, which needs internet"
    other, right = inputs / "other", inputs / "datasets/ann/grade-school"
    for folder, row in (
        (other, {"prompt": "?", "completion": "!"}),
        (right, {"question": "1 + 1?", "answer": "It is two.\n#### 2"}),
    ):
        folder.mkdir(parents=True)
        for split in ("train", "test"):
            (folder / f"{split}.jsonl").write_text(json.dumps(row) + "\n")
    flags = open_here(tmp_path).flags
    assert f"--data.sources=gsm8k:{tmp_path / 'links/train.jsonl'}" in flags
    assert f"--data.evaluations=gsm8k=gsm8k:{tmp_path / 'links/test.jsonl'}" in flags
    assert (tmp_path / "links/test.jsonl").resolve() == right / "test.jsonl"


def test_parquet_is_taken_by_its_folders_name(inputs, tmp_path):
    add_model(inputs / "gemma")
    for folder in ("gsm8k/socratic", "gsm8k/main", "other"):
        (inputs / folder).mkdir(parents=True)
        for split in ("train", "test"):
            (inputs / folder / f"{split}-00000-of-00001.parquet").write_bytes(b"")
    open_here(tmp_path)
    assert (tmp_path / "links/train.parquet").resolve().parent == inputs / "gsm8k/main"


def test_the_run_that_got_furthest_is_taken_up_and_can_be_written_to(inputs, tmp_path):
    add_run(inputs / "notebooks/ann/one/run", "data", "base")
    add_run(inputs / "notebooks/ann/two/run", "data", "base", "sft")
    third = add_run(inputs / "three/run", "data", "base", "sft", metrics="{}\n{}\n")
    for path in (third, *third.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    session = open_here(tmp_path)
    assert "three" in session.found[0]
    assert "data, base, sft" in session.found[0]
    assert session.flags == (
        "--run-dir",
        str(session.run),
        "--config",
        str(session.run / "config.toml"),
    )
    assert {oct(path.stat().st_mode)[-3:] for path in session.run.rglob("*")} == {"644", "755"}


def test_a_run_that_is_here_already_goes_on(inputs, tmp_path):
    add_run(tmp_path / "working/run", "data")
    add_run(inputs / "other/run", "data", "base")
    session = open_here(tmp_path)
    assert session.found[0].startswith("continues")
    assert json.loads((session.run / "state.json").read_text())["done"] == ["data"]


def test_commands_show_their_lines_and_a_failure_stops_the_notebook(capsys, monkeypatch):
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE"):  # as Jupyter does
        monkeypatch.setenv(name, "1")
    run_command(sys.executable, "-c", "from rich.console import Console; Console().print('[red]x')")
    assert capsys.readouterr().out == "x\n"
    run_command("reasoning-export", "--help")
    assert "reasoning-export verify" in capsys.readouterr().out
    with pytest.raises(CommandError, match="reasoning-export ended with 2"):
        run_command("reasoning-export", "verify", "/nowhere")
    assert "is missing" in capsys.readouterr().out
