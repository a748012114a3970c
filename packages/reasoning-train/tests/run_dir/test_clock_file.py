import time
from pathlib import Path

import pytest

from reasoning_train.clock.budget import Clock
from reasoning_train.run_dir.clock_file import Kept, keeping, read_clock


def test_time_is_kept_while_the_work_goes_on_and_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    clock = Clock(used_before=100.0)
    with keeping(clock, path, every=0.05):
        with clock.timed("evaluation"):
            deadline = time.monotonic() + 30
            while read_clock(path).elapsed_s < 100.1:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        assert read_clock(path).elapsed_s > 100.0
    kept = read_clock(path)
    assert kept.elapsed_s == pytest.approx(clock.elapsed, abs=5.0)
    assert kept.longest_s == clock.longest
    assert kept.longest_s["evaluation"] > 0.0


@pytest.mark.parametrize("damage", ["", "[]", '{"elapsed_s": "much", "longest_s": {}}'])
def test_a_damaged_file_counts_nothing(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "clock.json"
    assert read_clock(path) == Kept()
    path.write_text(damage)
    assert read_clock(path) == Kept()


def test_a_place_that_takes_no_file_does_not_end_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = False
    with keeping(Clock(), tmp_path / "file" / "clock.json", every=0.01):
        time.sleep(0.05)
        done = True
    assert done
