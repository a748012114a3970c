import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reasoning_train.durable import (
    append,
    copy_of,
    move,
    read_json,
    sync_tree,
    write_json,
    write_text,
    written,
)
from reasoning_train.errors import UserError

REWRITER = """
import sys
from itertools import count
from pathlib import Path
from reasoning_train.durable import write_json
for number in count():
    write_json(Path(sys.argv[1]), [number] * 20000, keep=True)
"""


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the names of files as they are synced and renamed."""
    seen: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def spy_sync(descriptor: int) -> None:
        seen.append(f"sync {Path(os.readlink(f'/proc/self/fd/{descriptor}')).name}")
        fsync(descriptor)

    def spy_replace(self: Path, target: Path) -> Path:
        seen.append(f"rename {Path(target).name}")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", spy_sync)
    monkeypatch.setattr(Path, "replace", spy_replace)
    return seen


def test_the_file_is_synced_before_the_rename_and_the_folder_after(
    tmp_path: Path, order: list[str]
) -> None:
    write_text(tmp_path / "new" / "a.txt", "one")
    assert order == ["sync .a.txt.tmp", "rename a.txt", "sync new"]


def test_an_appended_line_is_synced(tmp_path: Path, order: list[str]) -> None:
    append(tmp_path / "log", b"one\n")
    append(tmp_path / "log", b"two\n")
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"
    assert order == ["sync log", "sync log"]


def test_a_tree_is_synced_from_the_inside_and_a_move_at_both_ends(
    tmp_path: Path, order: list[str]
) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_text("x")
    sync_tree(tmp_path / "a")
    assert order == ["sync file", "sync b", "sync a"]
    order.clear()
    (tmp_path / "c").mkdir()
    move(tmp_path / "a" / "b", tmp_path / "c" / "d")
    assert order == ["sync c", "sync a"]
    assert (tmp_path / "c" / "d" / "file").read_text() == "x"


def test_a_block_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail() -> None:
        with written(path) as beside:
            beside.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"


@pytest.mark.parametrize("damage", ["", "{", "null", "[1]", "\x00" * 40])
def test_a_damaged_file_falls_back_on_its_copy(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "state.json"
    write_json(path, {"n": 1}, keep=True)
    write_json(path, {"n": 2}, keep=True)
    assert read_json(path, lambda values: values["n"]) == 2
    path.write_text(damage)
    assert read_json(path, lambda values: values["n"]) == 1
    assert "damaged" in caplog.text


def test_without_a_good_copy_a_damaged_file_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("")
    with pytest.raises(UserError, match=r"it is empty.*delete it") as error:
        read_json(path, dict)
    assert "\n" not in str(error.value)
    copy_of(path).write_text("{")
    with pytest.raises(UserError, match="no good copy"):
        read_json(path, dict)


def test_a_missing_file_is_none_even_beside_a_copy(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    copy_of(path).write_text("1")
    assert read_json(path, int) is None


def test_killed_while_it_writes_there_is_always_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    newest = -1
    for _ in range(5):
        process = subprocess.Popen([sys.executable, "-c", REWRITER, str(path)])
        while not path.is_file():
            time.sleep(0.01)
        time.sleep(0.3)
        process.send_signal(signal.SIGKILL)
        process.wait()
        values = read_json(path, list)
        assert values is not None
        assert len(values) == 20000
        assert len(set(values)) == 1
        newest = max(newest, values[0])
    assert newest > 0
