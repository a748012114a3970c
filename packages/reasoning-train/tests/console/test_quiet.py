"""Noise of libraries is left out, and nothing else."""

import errno
import logging
import subprocess
import sys

import pytest

from reasoning_train.console.quiet import hush_libraries

RAISING = """
from reasoning_train.console.quiet import hush_closed_loops
hush_closed_loops()
class Fails:
    def __del__(self):
        raise RuntimeError({message!r})
Fails()
"""


@pytest.fixture(autouse=True)
def hushed() -> None:
    hush_libraries()


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", ["absl", "asyncio"])
def test_a_full_disk_is_not_said_again_for_every_array(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.getLogger(name)
    try:
        raise OSError(errno.ENOSPC, "No space left on device")
    except OSError:
        logger.exception("Task exception was never retrieved")
    logger.error("a thread raised: RESOURCE_EXHAUSTED: No space left on device")
    logger.error("the checkpoint has no metadata")
    assert [record.getMessage() for record in caplog.records] == ["the checkpoint has no metadata"]


@pytest.mark.parametrize(("message", "shown"), [("Event loop is closed", False), ("other", True)])
def test_only_closed_loops_are_left_out(message: str, shown: bool) -> None:
    command = [sys.executable, "-c", RAISING.format(message=message)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ("RuntimeError" in done.stderr) is shown


def test_notices_are_one_line_and_the_warnings_of_libraries_none() -> None:
    code = """
import warnings
from reasoning_train.console.quiet import hush_libraries
from reasoning_train.errors import Notice
hush_libraries()
for _ in range(2):
    warnings.warn("a library's", stacklevel=1)
    warnings.warn("'state.json' is damaged", Notice, stacklevel=1)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "reasoning-train: 'state.json' is damaged\n" * 2
