"""Math-Verify (extra `[math]`) for pairs that exact substitution cannot decide.

It runs in one subprocess that can be killed: sympy may loop for ever, and Math-Verify's own time
limit uses SIGALRM, which works in a main thread only. A call waits at most `LIMIT_S`; a worker
that does not answer is killed, and after `MAX_FAILURES` in a row nothing is asked for a while.
"""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from importlib.util import find_spec
from typing import Final

LIMIT_S: Final = 1.2
STARTUP_S: Final = 30.0
MAX_FAILURES: Final = 3
PAUSE_S: Final = 60.0
CACHE_SIZE: Final = 4096
MAX_LENGTH: Final = 1_200


class SymbolicJudge:
    """One Math-Verify worker, its cache and its circuit breaker. Safe to share between threads."""

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._cache: OrderedDict[tuple[str, str], bool] = OrderedDict()
        self._worker: _Worker | None = None
        self._failures = 0
        self._closed_until = 0.0

    def same(self, prediction: str, gold: str) -> bool | None:
        """Whether Math-Verify calls the two equal; `None` when it did not answer in time.

        The first calls after the start may get `None`: importing sympy takes seconds, and no call
        waits longer than the limit. `warm_up` does the waiting beforehand.
        """
        deadline = time.monotonic() + self._limit_s
        if max(len(prediction), len(gold)) > MAX_LENGTH:
            return None
        key = (prediction, gold)
        if not self._lock.acquire(timeout=self._limit_s):
            return None
        try:
            if key in self._cache:
                self._cache.move_to_end(key)
                return self._cache[key]
            verdict = self._ask(key, deadline)
            if verdict is not None:
                self._cache[key] = verdict
                if len(self._cache) > CACHE_SIZE:
                    self._cache.popitem(last=False)
            return verdict
        finally:
            self._lock.release()

    def warm_up(self, timeout_s: float = STARTUP_S) -> bool:
        """Start the worker and wait until it can answer; whether it can."""
        with self._lock:
            worker = self._running_worker()
            return worker.wait_ready(time.monotonic() + timeout_s)

    def close(self) -> None:
        """End the worker, if one runs."""
        with self._lock:
            self._stop()

    def _ask(self, pair: tuple[str, str], deadline: float) -> bool | None:
        if time.monotonic() < self._closed_until:
            return None
        worker = self._running_worker()
        if not worker.wait_ready(deadline):
            if worker.age_s > STARTUP_S or not worker.alive:
                self._fail()
            return None
        verdict = worker.ask(pair, deadline)
        if verdict is None:
            self._fail()
        else:
            self._failures = 0
        return verdict

    def _running_worker(self) -> "_Worker":
        worker = self._worker
        # After a fork the child must not talk through the parent's pipes.
        if worker is None or worker.owner != os.getpid() or not worker.alive:
            self._worker = worker = _Worker()
        return worker

    def _fail(self) -> None:
        self._stop()
        self._failures += 1
        if self._failures >= MAX_FAILURES:
            self._failures = 0
            self._closed_until = time.monotonic() + PAUSE_S

    def _stop(self) -> None:
        if self._worker is not None and self._worker.owner == os.getpid():
            self._worker.kill()
        self._worker = None


class _Worker:
    """The subprocess and the thread that reads what it says."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._started = time.monotonic()
        self._ready = False
        self._lines: queue.Queue[str] = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "reasoning_rewards.symbolic_worker", str(self.owner)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C in the terminal is for the caller
        )
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def age_s(self) -> float:
        return time.monotonic() - self._started

    def wait_ready(self, deadline: float) -> bool:
        if not self._ready:
            self._ready = self._next_line(deadline) is not None
        return self._ready

    def ask(self, pair: tuple[str, str], deadline: float) -> bool | None:
        stdin = self._process.stdin
        if stdin is None or not self.alive:
            return None
        try:
            stdin.write(json.dumps(pair) + "\n")
            stdin.flush()
        except OSError:  # the worker died between the look and the write
            return None
        line = self._next_line(deadline)
        return None if line is None else line.strip() == "true"

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:  # a request was still in the buffer of the broken pipe
                    continue

    def _next_line(self, deadline: float) -> str | None:
        try:
            line = self._lines.get(timeout=max(deadline - time.monotonic(), 0.001))
        except queue.Empty:
            return None
        return line or None

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


_judge: SymbolicJudge | None = None
_judge_lock: Final = threading.Lock()
_available: Final[list[bool]] = []


def available() -> bool:
    """Whether the extra `[math]` is installed."""
    if not _available:
        _available.append(find_spec("math_verify") is not None)
    return _available[0]


def shared_judge() -> SymbolicJudge:
    """The judge of this process, made on first use."""
    global _judge
    with _judge_lock:
        if _judge is None:
            _judge = SymbolicJudge()
        return _judge
