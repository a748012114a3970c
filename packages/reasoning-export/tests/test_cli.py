import json
import subprocess
import sys

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


def test_wrong_input_is_one_line_and_exit_2(tmp_path, capsys):
    code, text, errors = run(capsys, "safetensors", tmp_path / "missing", tmp_path / "out")
    assert (code, text, errors.count("\n")) == (2, "", 1)
    assert "manifest.json" in errors


def test_a_place_that_cannot_be_written_is_one_line_and_exit_2(make_golden, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    code, _, errors = run(capsys, "adapter", make_golden().run, tmp_path / "file" / "out")
    assert (code, errors.count("\n")) == (2, 1)
    assert str(tmp_path / "file") in errors


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
