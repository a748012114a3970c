"""Uploads to a server on this machine that speaks the calls huggingface_hub makes."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from reasoning_export.cli import main

pytest.importorskip("huggingface_hub", reason="needs reasoning-export[hub]")


@pytest.fixture
def run(make_golden):
    return make_golden().run


def command(*arguments):
    """Exit code of `reasoning-export hub …`."""
    try:
        main(["hub", *map(str, arguments)])
    except SystemExit as stop:
        return stop.code
    return 0


def exported(run, kind="safetensors"):
    out = run / f"export/hub-{kind}-actor-7"
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("kind", ["safetensors", "orbax"])
def test_a_new_repository_is_private_and_gets_every_file_in_one_commit(server, run, capsys, kind):
    assert command(run, "ann/tiny", "--kind", kind, "--json") == 0
    repo = server.repos["ann/tiny"]
    assert (repo.private, repo.commits) == (True, 1)
    assert repo.files == exported(run, kind)
    result = json.loads(capsys.readouterr().out)
    assert result["uploaded"] == f"{server.address}/ann/tiny/commit/{'b' * 40}"


def test_a_public_repository_is_public_once_all_is_there(server, run):
    server.refuse["/commit/"] = [403, 1]
    assert command(run, "Lab/tiny", "--public") == 1
    assert (server.repos["Lab/tiny"].private, server.repos["Lab/tiny"].files) == (True, {})
    assert command(run, "Lab/tiny", "--public") == 0
    assert server.repos["Lab/tiny"].private is False
    committed = next(i for i, call in enumerate(server.calls) if call.endswith("/settings"))
    assert any("/commit/" in call for call in server.calls[:committed])


def test_a_connection_that_breaks_in_the_middle_of_a_file_goes_on(server, run):
    server.break_after = 500
    assert command(run, "ann/tiny") == 0
    assert server.break_after == 0
    assert server.repos["ann/tiny"].files == exported(run)


def test_an_interrupted_upload_sends_only_what_is_missing(server, run, capsys):
    server.refuse["/commit/"] = [500, 1]
    assert command(run, "ann/tiny") == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert "holds what it held before" in error
    assert "run the same command again" in error
    sent = server.sent()
    assert sent >= 2
    written = (run / "export/hub-safetensors-actor-7/export.json").stat().st_mtime_ns
    assert command(run, "ann/tiny") == 0
    assert server.sent() == sent
    assert (run / "export/hub-safetensors-actor-7/export.json").stat().st_mtime_ns == written
    assert server.repos["ann/tiny"].files == exported(run)


def test_a_store_that_fails_all_the_time_leaves_nothing_half_there(server, run, capsys):
    server.refuse["/blob/"] = [503, 1000]
    assert command(run, "ann/tiny") == 1
    assert "503" in capsys.readouterr().err.splitlines()[-1]
    assert server.repos["ann/tiny"].files == {}
    assert server.repos["ann/tiny"].private is True


def test_a_new_version_replaces_weights_that_are_no_longer_there(server, run):
    assert command(run, "ann/tiny", "--kind", "adapter") == 0
    server.repos["ann/tiny"].files["model-00002-of-00002.safetensors"] = b"old"
    server.repos["ann/tiny"].files["picture.png"] = b"mine"
    assert command(run, "ann/tiny") == 0
    files = server.repos["ann/tiny"].files
    assert {"adapter_model.safetensors", "model-00002-of-00002.safetensors"}.isdisjoint(files)
    assert files["picture.png"] == b"mine"
    assert server.repos["ann/tiny"].commits == 2


def test_a_repository_that_is_no_export_is_left_alone(server, run, capsys):
    repo = server.add("ann/thesis", private=False, **{"thesis.pdf": b"years of work"})
    assert command(run, "ann/thesis") == 2
    assert "'thesis.pdf' and no export.json" in capsys.readouterr().err
    assert (repo.files, repo.private) == ({"thesis.pdf": b"years of work"}, False)


@pytest.mark.parametrize(
    "name", ["tiny", "ann/", "ann/a b", "ann/a--b", "ann/.a", "a/b/c", "ann/a.git", "a/" + "b" * 95]
)
def test_a_wrong_name_is_one_line_before_anything_is_done(server, run, capsys, name):
    assert command(run, name) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert (server.calls, (run / "export").exists()) == ([], False)


@pytest.mark.parametrize(
    ("token", "role", "name", "message"),
    [
        ("", "write", "ann/tiny", "no token"),
        ("hf_bad", "write", "ann/tiny", "does not know this token"),
        ("hf_good", "read", "ann/tiny", "may only read"),
        ("hf_good", "write", "bob/tiny", "can be ann, Lab"),
    ],
)
def test_a_token_that_cannot_do_it_is_noticed_before_the_export(
    server, run, capsys, monkeypatch, tmp_path, token, role, name, message
):
    monkeypatch.setenv("HF_TOKEN", token)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "none"))
    server.role = role
    assert command(run, name) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert (server.repos, (run / "export").exists()) == ({}, False)


def test_an_unreachable_hub_is_exit_1(run, capsys, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_TOKEN", "hf_good")
    assert command(run, "ann/tiny") == 1
    assert "run the same command again" in capsys.readouterr().err


def test_a_folder_with_another_export_is_refused(server, run, tmp_path, capsys):
    assert command(run, "ann/tiny", "--out", tmp_path / "out") == 0
    assert command(run, "ann/tiny", "--out", tmp_path / "out", "--kind", "adapter") == 2
    assert "holds another export" in capsys.readouterr().err
    shutil.copytree(run / "checkpoints/actor/7", run / "checkpoints/actor/8")
    (run / "checkpoints/actor/8/model_params/note").write_text("other")
    assert command(run, "ann/tiny", "--out", tmp_path / "out") == 2
    assert "actor/7" in capsys.readouterr().err


def test_the_real_command_with_its_environment_variables(server, run):
    """Without any of this test's patches: HF_ENDPOINT and HF_TOKEN alone."""
    environment = {"HF_ENDPOINT": server.address, "HF_TOKEN": "hf_good", "HF_HUB_DISABLE_XET": "1"}
    code = "from reasoning_export.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "hub", run, "Lab/tiny"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert server.repos["Lab/tiny"].files == exported(run)
    assert "uploaded as" in done.stdout
