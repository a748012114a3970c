"""The parent's end of a `worker`: start it, ask it, end it."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from enum import Enum


class NoAnswer(Enum):
    """Why a worker did not answer a question."""

    TIMED_OUT = "used up its processor time"
    DIED = "ended"
    SILENT = "did not answer in time on the wall"


class WorkerProcess:
    """A subprocess and the thread that reads what it says.

    Args:
        limit_s: Processor time that one question may take, in seconds.
    """

    def __init__(self, limit_s: float) -> None:
        self.owner = os.getpid()
        self._started = time.monotonic()
        self._ready = False
        self._lines: queue.Queue[str] = queue.Queue()
        module = "reasoning_rewards.symbolic.worker"
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, str(self.owner), str(limit_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C in the terminal is for the caller
        )
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def usable(self) -> bool:
        """Whether it runs, and is this process's own: a forked child must not use its pipes."""
        return self.owner == os.getpid() and self._process.poll() is None

    @property
    def age_s(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._started

    def wait_ready(self, deadline: float) -> bool:
        """Whether it has imported sympy by `deadline`, a time of `time.monotonic`."""
        if not self._ready:
            self._ready = bool(self._next_line(deadline))
        return self._ready

    def ask(self, pair: tuple[str, str], deadline: float) -> bool | NoAnswer:
        """The verdict on `(prediction, gold)`, or why there is none by `deadline`."""
        stdin = self._process.stdin
        if stdin is None:
            return NoAnswer.DIED
        try:
            stdin.write(json.dumps(pair) + "\n")
            stdin.flush()
        except OSError:  # it has ended since somebody looked
            return NoAnswer.DIED
        line = self._next_line(deadline)
        if line is None:
            return NoAnswer.SILENT
        return line.strip() == "true" if line else self._why_it_ended()

    def kill(self) -> None:
        """End the subprocess and release its pipes."""
        if self.owner != os.getpid():
            return
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:  # a question was still in the buffer of the broken pipe
                    continue

    def _why_it_ended(self) -> NoAnswer:
        timer = getattr(signal, "SIGPROF", None)
        ended_by_timer = timer is not None and self._process.wait() == -timer
        return NoAnswer.TIMED_OUT if ended_by_timer else NoAnswer.DIED

    def _next_line(self, deadline: float) -> str | None:
        """What it says next; empty at its end, None if it has said nothing by the deadline."""
        try:
            return self._lines.get(timeout=max(deadline - time.monotonic(), 0.001))
        except queue.Empty:
            return None

    def _read(self) -> None:
        stdout = self._process.stdout
        if stdout is None:
            return
        try:
            for line in stdout:
                self._lines.put(line)
        except ValueError:  # closed by `kill`
            return
        self._lines.put("")  # the end: whoever waits gets an answer
