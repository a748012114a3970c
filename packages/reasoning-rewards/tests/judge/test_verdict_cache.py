"""Verdicts survive a kill at any time, and no trouble with the file stops a judge."""

import logging
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from reasoning_rewards.judge.verdict_cache import VerdictCache

WRITER = """
import itertools, sys
from pathlib import Path
from reasoning_rewards.judge.verdict_cache import VerdictCache

cache = VerdictCache(Path(sys.argv[1]))
for n in itertools.count():
    cache.put(str(n), 0.5)
    print(n, flush=True)
"""


def test_what_was_put_is_there_in_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "judge.sqlite"
    cache = VerdictCache(path)
    cache.put("a", 0.25)
    cache.put("a", 0.75)
    cache.close()
    again = VerdictCache(path)
    assert again.get(["a", "b"]) == {"a": 0.75}
    again.close()


def test_a_killed_writer_loses_nothing_that_it_had_put(tmp_path: Path) -> None:
    path = tmp_path / "judge.sqlite"
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    seen = [process.stdout.readline() for _ in range(200)]
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate()
    written = [
        line.strip() for line in (*seen, *rest.splitlines(keepends=True)) if line[-1:] == "\n"
    ]
    cache = VerdictCache(path)
    assert len(cache.get(written)) == len(written) >= 200
    cache.close()


@pytest.mark.parametrize(
    "damage", [b"not a database at all" * 50, b"SQLite format 3\0" + b"\xff" * 500]
)
def test_a_damaged_file_is_put_aside(
    tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "judge.sqlite"
    path.write_bytes(damage)
    with caplog.at_level(logging.WARNING):
        cache = VerdictCache(path)
        cache.put("a", 1.0)
    assert "was damaged" in caplog.text
    cache.close()
    assert (tmp_path / "judge.sqlite.damaged").read_bytes() == damage
    again = VerdictCache(path)
    assert again.get(["a"]) == {"a": 1.0}
    again.close()


def test_a_file_damaged_behind_its_back_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "judge.sqlite"
    cache = VerdictCache(path)
    for n in range(300):
        cache.put(f"{n:064d}", 1.0)
    cache.close()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    damaged = VerdictCache(path)
    assert damaged.get([f"{7:064d}"]) == {}
    damaged.put("b", 1.0)
    assert damaged.get(["b"]) == {"b": 1.0}
    damaged.close()


def test_where_nothing_can_be_written_verdicts_stay_in_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "judge.sqlite", tmp_path):
        cache = VerdictCache(path)
        cache.put("a", 1.0)
        assert cache.get(["a"]) == {"a": 1.0}
        cache.close()
    assert "kept in memory" in caplog.text


def test_a_locked_file_does_not_stop_a_judge(tmp_path: Path) -> None:
    path = tmp_path / "judge.sqlite"
    cache = VerdictCache(path, patience_s=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    cache.put("a", 1.0)
    assert cache.get(["a"]) == {"a": 1.0}
    other.close()
    cache.close()
