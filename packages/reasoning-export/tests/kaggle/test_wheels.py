import json
import subprocess

import pytest

from reasoning_export import ExportError
from reasoning_export.kaggle.wheels import (
    PACKAGES,
    build_wheels,
    check_wheels,
    collect_wheels,
    wheel_name,
)


def test_one_wheel_of_each_package_is_taken_and_nothing_else(make_wheels, tmp_path):
    source = make_wheels("numpy")
    collect_wheels(tmp_path / "out", source, tmp_path)
    names = {path.name for path in (tmp_path / "out").glob("*.whl")}
    assert names == {f"{name.replace('-', '_')}-0.1.0-py3-none-any.whl" for name in PACKAGES}


def test_the_record_names_the_commit_and_whether_it_has_everything(make_wheels, tmp_path):
    repository = tmp_path / "repository"
    (repository / "packages").mkdir(parents=True)
    (repository / "packages/code.py").write_text("")

    def git(*arguments):
        identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
        command = ["git", *identity, *arguments]
        return subprocess.run(
            command, cwd=repository, check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "-q")
    git("add", "packages")
    git("commit", "-q", "-m", "first")
    source = make_wheels()
    assert collect_wheels(tmp_path / "clean", source, repository)
    record = json.loads((tmp_path / "clean/wheels.json").read_text())
    assert (record["git_commit"], record["clean"]) == (git("rev-parse", "HEAD"), True)
    (repository / "packages/code.py").write_text("changed")
    assert not collect_wheels(tmp_path / "changed", source, repository)


def test_a_folder_without_git_has_no_commit(make_wheels, tmp_path):
    assert not collect_wheels(tmp_path / "out", make_wheels(), tmp_path)
    assert check_wheels(tmp_path / "out", beside="") == "4 wheels of commit None"


def test_a_missing_wheel_is_named(make_wheels, tmp_path):
    source = make_wheels()
    next(source.glob("reasoning_data-*")).unlink()
    with pytest.raises(ExportError, match="no wheel of reasoning-data"):
        collect_wheels(tmp_path / "out", source, tmp_path)
    assert not (tmp_path / "out").exists()


def test_two_versions_of_a_wheel_are_refused(make_wheels, tmp_path):
    source = make_wheels()
    old = next(source.glob("reasoning_data-*"))
    (source / "reasoning_data-0.0.9-py3-none-any.whl").write_bytes(old.read_bytes())
    with pytest.raises(ExportError, match=r"0\.0\.9.*0\.1\.0"):
        collect_wheels(tmp_path / "out", source, tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: next(f.glob("*data*")).write_bytes(b"changed"), "reasoning_data.*has changed"),
        (lambda f: next(f.glob("*data*")).unlink(), "lacks 'reasoning_data"),
        (lambda f: (f / "notes.txt").write_text("mine"), r"notes\.txt"),
        (lambda f: (f / "wheels.json").write_text("{}"), "lists no wheels"),
        (
            lambda f: (f / "wheels.json").write_text('{"sha256": {"../x": "0"}}'),
            "in the same folder",
        ),
    ],
)
def test_a_changed_folder_is_found(make_wheels, tmp_path, change, message):
    out = tmp_path / "out"
    collect_wheels(out, make_wheels(), tmp_path)
    change(out)
    with pytest.raises(ExportError, match=message):
        check_wheels(out, beside="")


def test_no_wheel_and_a_wheel_for_one_machine_are_refused(make_wheels, tmp_path):
    wheel = next(make_wheels().glob("reasoning_data-*"))
    assert wheel_name(wheel) == "reasoning-data"
    bound = wheel.rename(wheel.with_name("reasoning_data-0.1.0-cp311-cp311-linux_x86_64.whl"))
    with pytest.raises(ExportError, match=r"must end in -py3-none-any\.whl"):
        wheel_name(bound)
    bound.write_bytes(b"no archive")
    with pytest.raises(ExportError, match="is not a wheel"):
        wheel_name(bound)


def test_building_without_uv_or_without_packages_says_so(tmp_path, monkeypatch):
    with pytest.raises(ExportError, match="cannot build reasoning-rewards"):
        build_wheels(tmp_path, tmp_path / "built")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ExportError, match="needs uv"):
        build_wheels(tmp_path, tmp_path / "built")
