"""Math-Verify (extra `[math]`) for pairs that exact substitution cannot decide.

It runs in a subprocess that can be killed: sympy may loop for ever, and Math-Verify's own time
limit uses SIGALRM, which works in a main thread only. A question may take `LIMIT_S` of the worker's
processor time, however busy the machine is; the worker that needs more is killed and a spare one,
its imports done, takes its place. After `MAX_FAILURES` in a row nothing is asked for a while.
"""

import logging
import os
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Final

from reasoning_rewards.symbolic.process import NoAnswer, WorkerProcess

LIMIT_S: Final = 5.0
"""Processor time of one question: Math-Verify's own default. Plain integrals take 1 to 2.5 s."""

BACKSTOP_S: Final = 120.0
"""Time on the wall of one call, for a worker that neither computes nor answers."""

STARTUP_S: Final = 120.0
"""Time on the wall after which a worker that has not begun to answer is given up."""

MAX_FAILURES: Final = 3
PAUSE_S: Final = 60.0
CACHE_SIZE: Final = 4096
MAX_LENGTH: Final = 1_200

_log: Final = logging.getLogger(__name__)


@dataclass(slots=True)
class JudgeCounts:
    """What became of the questions that were not answered from the cache.

    Attributes:
        decided: Math-Verify said yes or no.
        timed_out: It used up its processor time.
        failed: The worker ended, or said nothing until the backstop.
        paused: Not asked, because of too many failures in a row before.
        too_long: Not asked, because an answer has more than `MAX_LENGTH` characters.
    """

    decided: int = 0
    timed_out: int = 0
    failed: int = 0
    paused: int = 0
    too_long: int = 0

    @property
    def undecided(self) -> int:
        """Questions without an answer: `same_answer` calls these pairs different."""
        return self.timed_out + self.failed + self.paused + self.too_long


class SymbolicJudge:
    """Math-Verify with a cache and a circuit breaker. Safe to share between threads.

    Args:
        limit_s: Processor time that one question may take, in seconds.
        backstop_s: Time on the wall that a call waits at most, the import of sympy included.
    """

    def __init__(self, limit_s: float = LIMIT_S, backstop_s: float = BACKSTOP_S) -> None:
        self.limit_s = limit_s
        self.backstop_s = backstop_s
        self._begin()

    def _begin(self) -> None:
        self._owner = os.getpid()
        self._lock = threading.Lock()
        # None for a pair that used up its time: it would again.
        self._cache: OrderedDict[tuple[str, str], bool | None] = OrderedDict()
        self._counts = JudgeCounts()
        self._worker: WorkerProcess | None = None
        self._spare: WorkerProcess | None = None
        self._failures = 0
        self._paused_until = 0.0

    def same(self, prediction: str, gold: str) -> bool | None:
        """Whether Math-Verify calls the two equal; `None` when it has not answered.

        The first call waits for sympy's import, seconds of processor time; `warm_up` does so
        beforehand.
        """
        deadline = time.monotonic() + self.backstop_s
        if self._owner != os.getpid():  # a fork copies a lock that nobody may be there to release
            self._begin()
        if not self._lock.acquire(timeout=self.backstop_s):
            return None
        try:
            key = (prediction, gold)
            if key in self._cache:
                self._cache.move_to_end(key)
                return self._cache[key]
            return self._ask(key, deadline)
        finally:
            self._lock.release()

    def counts(self) -> JudgeCounts:
        """A copy of the counters."""
        return replace(self._counts)

    def warm_up(self, timeout_s: float = STARTUP_S) -> bool:
        """Start the worker and wait until it can answer; whether it can."""
        with self._lock:
            return self._ready_worker(time.monotonic() + timeout_s) is not None

    def close(self) -> None:
        """End the workers, if any run."""
        with self._lock:
            for worker in (self._worker, self._spare):
                if worker is not None:
                    worker.kill()
            self._worker = self._spare = None

    def _ask(self, pair: tuple[str, str], deadline: float) -> bool | None:
        if max(map(len, pair)) > MAX_LENGTH:
            self._counts.too_long += 1
            return None
        if time.monotonic() < self._paused_until:
            self._counts.paused += 1
            return None
        worker = self._ready_worker(deadline)
        if worker is None:
            self._counts.failed += 1
            return None
        answer = worker.ask(pair, deadline)
        if isinstance(answer, bool):
            self._counts.decided += 1
            self._failures = 0
            self._remember(pair, answer)
            return answer
        if answer is NoAnswer.TIMED_OUT:
            self._counts.timed_out += 1
            self._remember(pair, None)
        else:
            self._counts.failed += 1
        if self._counts.timed_out + self._counts.failed == 1:
            _log.warning(
                "Math-Verify %s on a pair of answers (limits: %g s of processor time, %g s on the "
                "wall); such pairs count as different, and counts() says how many there are",
                answer.value,
                self.limit_s,
                self.backstop_s,
            )
        self._replace_worker()
        return None

    def _remember(self, pair: tuple[str, str], verdict: bool | None) -> None:
        self._cache[pair] = verdict
        if len(self._cache) > CACHE_SIZE:
            self._cache.popitem(last=False)

    def _ready_worker(self, deadline: float) -> WorkerProcess | None:
        """A worker that can answer, and a spare on its way; None if there is none by `deadline`."""
        worker = self._worker
        if worker is None or not worker.usable:
            spare = self._spare
            worker = spare if spare is not None and spare.usable else WorkerProcess(self.limit_s)
            self._worker, self._spare = worker, None
        if not worker.wait_ready(deadline):
            if worker.age_s > STARTUP_S or not worker.usable:
                self._replace_worker()
            return None
        if self._spare is None or not self._spare.usable:
            self._spare = WorkerProcess(self.limit_s)
        return worker

    def _replace_worker(self) -> None:
        """Kill the worker, so that the spare one follows; after too many in a row, pause."""
        if self._worker is not None:
            self._worker.kill()
            self._worker = None
        self._failures += 1
        if self._failures >= MAX_FAILURES:
            self._failures = 0
            self._paused_until = time.monotonic() + PAUSE_S
            _log.warning(
                "Math-Verify failed %d times in a row: not asked for %g s", MAX_FAILURES, PAUSE_S
            )


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
