import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import reasoning_train


def listens(pid: int) -> bool:
    """Return whether a process handles SIGTERM, according to Linux's mask of caught signals."""
    status = Path(f"/proc/{pid}/status").read_text()
    (caught,) = re.findall(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("seconds", [0.2, 0.7, 1.5])
def test_a_signal_in_the_first_seconds_is_one_line(
    tmp_path: Path, number: signal.Signals, seconds: float
) -> None:
    entry = [sys.executable, "-m", "reasoning_train.entry"]
    command = [*entry, "run", "--run-dir", str(tmp_path / "run")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not listens(process.pid):  # the interpreter itself has to start first
        time.sleep(0.01)
    time.sleep(seconds)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert said.strip().startswith(f"stopped by {number.name}")
    assert len(said.strip().splitlines()) == 1


def test_nothing_is_imported_before_signals_are_listened_to() -> None:
    code = (
        "import sys, reasoning_train.entry; "
        "sys.exit(any(name in sys.modules for name in ('jax', 'numpy', 'pydantic')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_public_names_are_there_when_asked_for() -> None:
    assert all(hasattr(reasoning_train, name) for name in reasoning_train.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        reasoning_train.nothing  # noqa: B018
