"""Noise of libraries is left out, and nothing else."""

import subprocess
import sys

import pytest

RAISING = """
from reasoning_train.commands.quiet import hush_closed_loops
hush_closed_loops()
class Fails:
    def __del__(self):
        raise RuntimeError({message!r})
Fails()
"""


@pytest.mark.parametrize(("message", "shown"), [("Event loop is closed", False), ("other", True)])
def test_only_closed_loops_are_left_out(message: str, shown: bool) -> None:
    command = [sys.executable, "-c", RAISING.format(message=message)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ("RuntimeError" in done.stderr) is shown
