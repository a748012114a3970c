import json
import subprocess
import sys
from importlib.metadata import version

import pytest

from reasoning_export.cli import main


def run(capsys, *arguments):
    try:
        main([str(argument) for argument in arguments])
        code = 0
    except SystemExit as stop:
        code = stop.code
    return code, *capsys.readouterr()


@pytest.mark.parametrize("kind", ["safetensors", "adapter", "orbax", "kaggle"])
def test_export_and_verify_as_json(make_golden, tmp_path, capsys, kind):
    out = tmp_path / "out"
    code, text, _ = run(capsys, kind, make_golden().run, out, "--json")
    assert (code, json.loads(text)["path"]) == (0, str(out))
    code, text, _ = run(capsys, "verify", out, "--run", tmp_path / "run", "--json")
    assert (code, len(json.loads(text)["checks"]) >= 3) == (0, True)


def test_plain_output_names_what_was_checked(make_golden, tmp_path, capsys):
    code, text, _ = run(capsys, "adapter", make_golden().run, tmp_path / "out")
    assert code == 0
    assert text.splitlines()[0].startswith("ok ")
    assert text.splitlines()[-1] == f"adapter: {tmp_path / 'out'}"


def test_a_run_that_goes_on_is_exported_with_a_warning(make_golden, tmp_path, capsys):
    run_dir, out = make_golden().run, tmp_path / "out"
    (run_dir / "state.json").write_text('{"done": ["sft"]}')
    code, _, errors = run(capsys, "adapter", run_dir, out)
    assert (code, errors.count("\n")) == (0, 1)
    assert errors.startswith("warning: Training had not finished")
    code, text, _ = run(capsys, "verify", out, "--json")
    assert (code, len(json.loads(text)["warnings"])) == (0, 1)


def test_wrong_input_is_one_line_and_exit_2(tmp_path, capsys):
    code, text, errors = run(capsys, "safetensors", tmp_path / "missing", tmp_path / "out")
    assert (code, text, errors.count("\n")) == (2, "", 1)
    assert "manifest.json" in errors


def test_a_place_that_cannot_be_written_is_one_line_and_exit_2(make_golden, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    code, _, errors = run(capsys, "adapter", make_golden().run, tmp_path / "file" / "out")
    assert (code, errors.count("\n")) == (2, 1)
    assert str(tmp_path / "file") in errors


def test_a_full_disk_names_the_place(make_golden, tmp_path, capsys):
    """As with `ulimit -f`: a write fails in the middle of the weights."""
    golden, out = make_golden(), tmp_path / "out"
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)); "
        "from reasoning_export.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "safetensors", golden.run, out],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert str(out) in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"base", "run"}


def test_an_interruption_is_one_line_and_leaves_nothing(make_golden, tmp_path, capsys, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("reasoning_export.formats.adapter.write_card", interrupt)
    code, _, errors = run(capsys, "adapter", make_golden().run, tmp_path / "out")
    assert (code, errors.count("\n"), "interrupted" in errors) == (130, 1, True)
    assert {path.name for path in tmp_path.iterdir()} == {"base", "run"}


def test_a_shard_needs_a_size(make_golden, tmp_path, capsys):
    arguments = ("safetensors", make_golden().run, tmp_path / "out", "--shard-bytes", "0")
    assert run(capsys, *arguments)[0] == 2


def test_an_unreachable_kaggle_is_exit_1(make_golden, tmp_path, capsys, monkeypatch):
    kaggle_env = pytest.importorskip("kagglesdk.kaggle_env", reason="needs the kaggle extra")
    endpoint = "http://127.0.0.1:9"
    monkeypatch.setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.TEST, endpoint)
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "TEST")
    monkeypatch.setenv("KAGGLE_API_TOKEN", "not-a-token")
    out = tmp_path / "out"
    code, _, errors = run(capsys, "kaggle", make_golden().run, out, "--owner", "ann", "--upload")
    assert code == 1
    assert "run the upload again" in errors
    assert (out / "model-metadata.json").is_file()


def test_the_version_has_the_commands_name(capsys):
    code, text, _ = run(capsys, "--version")
    assert (code, text) == (0, f"reasoning-export {version('reasoning-export')}\n")


@pytest.mark.parametrize("arguments", [(), ("sing",), ("verify",), ("adapter", "a", "b", "--c")])
def test_a_wrong_argument_is_one_line_and_exit_2(capsys, arguments):
    code, text, errors = run(capsys, *arguments)
    assert (code, text, errors.count("\n")) == (2, "", 1)
    assert errors.startswith("reasoning-export: ")
    assert "--help" in errors


def test_help_teaches(capsys):
    code, text, _ = run(capsys, "--help")
    assert code == 0
    assert "reasoning-export verify out/tiny" in text


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys, reasoning_export; "
        "print([m for m in ('jax', 'orbax', 'tokenizers', 'kagglehub') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", ["safetensors", "adapter", "orbax"])
def test_a_run_is_exported_without_jax(make_golden, tmp_path, kind):
    """It is 341 MiB for those who only want to convert."""
    code = (
        "import sys; from reasoning_export.cli import main; main(sys.argv[1:]); "
        "sys.exit([m for m in ('jax', 'orbax', 'flax') if m in sys.modules] or 0)"
    )
    command = [sys.executable, "-c", code, kind, make_golden().run, tmp_path / "out"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
