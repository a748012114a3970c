"""The screen shows what concerns the user; the run's log has everything."""

import errno
import logging
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoning_train.console.logs import log_to_screen, logging_to

RAISING = """
from reasoning_train.console.logs import hush_closed_loops
hush_closed_loops()
class Fails:
    def __del__(self):
        raise RuntimeError({message!r})
Fails()
"""


@pytest.fixture(autouse=True)
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    root = logging.getLogger()
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    before = root.handlers[:]
    log_to_screen()
    yield
    root.handlers = before


@pytest.mark.parametrize("name", ["absl", "asyncio"])
def test_a_full_disk_is_not_said_again_for_every_array(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = logging.getLogger(name)
    logger.error("a thread raised: RESOURCE_EXHAUSTED: No space left on device")
    logger.error("the checkpoint has no metadata")
    try:
        raise OSError(errno.ENOSPC, "No space left on device")
    except OSError:
        logger.exception("Task exception was never retrieved")
    assert capsys.readouterr().err == "reasoning-train: the checkpoint has no metadata\n"


@pytest.mark.parametrize(("message", "shown"), [("Event loop is closed", False), ("other", True)])
def test_only_closed_loops_are_left_out(message: str, shown: bool) -> None:
    command = [sys.executable, "-c", RAISING.format(message=message)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ("RuntimeError" in done.stderr) is shown


def test_our_notices_are_shown_and_warnings_of_libraries_kept_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logging_to(tmp_path / "run.log"):
        for _ in range(2):
            logging.getLogger("reasoning_train.durable").warning("'state.json' is damaged")
        logging.getLogger("reasoning_train.context").info("4000 problems for GRPO")
        logging.getLogger("orbax").warning("a slow disk")
        with warnings.catch_warnings(record=False):
            warnings.simplefilter("default")
            warnings.showwarning("old", DeprecationWarning, "/lib/flax/nnx.py", 7)  # type: ignore[call-arg]
            warnings.showwarning("no gold", UserWarning, "/a/reasoning_rewards/golds.py", 7)  # type: ignore[call-arg]
    logging.getLogger("reasoning_train").warning("afterwards")
    assert capsys.readouterr().err.splitlines() == [
        "reasoning-train: 'state.json' is damaged",
        "reasoning-train: 'state.json' is damaged",
        "reasoning-train: no gold",
        "reasoning-train: afterwards",
    ]
    lines = (tmp_path / "run.log").read_text(encoding="utf-8").splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (INFO|WARNING) ", x) for x in lines)
    assert [line.partition(" ")[2] for line in lines] == [
        "WARNING reasoning_train.durable: 'state.json' is damaged",
        "WARNING reasoning_train.durable: 'state.json' is damaged",
        "INFO reasoning_train.context: 4000 problems for GRPO",
        "WARNING orbax: a slow disk",
        "WARNING py.warnings: /lib/flax/nnx.py:7: DeprecationWarning: old",
        "WARNING reasoning_rewards: no gold",
    ]


def test_the_log_has_the_traceback_that_the_screen_has_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match="why"), logging_to(tmp_path / "run.log"):
        raise ValueError("why")
    assert capsys.readouterr().err == ""
    assert "Traceback" in (tmp_path / "run.log").read_text(encoding="utf-8")
    assert "ValueError: why" in (tmp_path / "run.log").read_text(encoding="utf-8")
