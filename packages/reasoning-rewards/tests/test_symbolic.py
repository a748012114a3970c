"""Needs the extra `[math]`; without it the judge is never asked, which is tested here as well."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoning_rewards import same_answer, symbolic
from reasoning_rewards.answers import Verdict, compare
from reasoning_rewards.symbolic import SymbolicJudge

needs_math = pytest.mark.skipif(
    not symbolic.available(), reason="the extra [math] (Math-Verify) is not installed"
)


@pytest.fixture(scope="module")
def judge() -> Iterator[SymbolicJudge]:
    """One for the module: starting the worker imports sympy, which takes seconds.

    Its limit is generous: what is tested with it is what it says, and a busy machine is slow.
    """
    judge = SymbolicJudge(limit_s=30.0)
    assert judge.warm_up(120.0)
    yield judge
    judge.close()


def children() -> set[int]:
    tasks = Path(f"/proc/{os.getpid()}/task")
    return {int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()}


def test_undecided_is_no_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symbolic, "available", lambda: False)
    pair = ("\\int x dx", "\\int_0^1 y dy")
    assert compare(*pair) is Verdict.UNDECIDED
    assert not same_answer(*pair)


@needs_math
def test_decides_and_remembers(judge: SymbolicJudge) -> None:
    assert judge.same("x+1", "1+x") is True
    assert judge.same("x+1", "x+2") is False
    start = time.perf_counter()
    assert judge.same("x+1", "1+x") is True
    assert time.perf_counter() - start < 0.01


@needs_math
def test_text_is_not_executed(judge: SymbolicJudge, tmp_path: Path) -> None:
    target = tmp_path / "executed"
    for text in (
        f"__import__('pathlib').Path('{target}').touch()",
        f"$__import__('pathlib').Path('{target}').touch()$ or x+1",
        f"\\boxed{{__import__('os').system('touch {target}')}}",
    ):
        judge.same(text, "x+1")
        judge.same(text, text)
    assert not target.exists()


@needs_math
def test_threads_share_one_worker(judge: SymbolicJudge) -> None:
    before = children()
    verdicts: dict[int, bool | None] = {}

    def ask(number: int) -> None:
        verdicts[number] = judge.same(f"x+{number}", f"{number % 4}+x")

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(verdicts[n] in (n < 4, None) for n in range(8))
    assert children() == before


@needs_math
def test_a_stuck_worker_is_replaced_then_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = children()
    judge = SymbolicJudge(limit_s=0.5)

    def get_stuck() -> int:
        (worker,) = children() - before
        os.kill(worker, signal.SIGSTOP)  # as if sympy looped for ever
        return worker

    try:
        assert judge.warm_up()
        worker = get_stuck()
        start = time.perf_counter()
        assert judge.same("x+1", "1+x") is None
        assert time.perf_counter() - start < 1.5
        assert worker not in children()
        assert judge.warm_up()
        monkeypatch.setattr(symbolic, "MAX_FAILURES", 1)
        get_stuck()
        assert judge.same("x+1", "1+x") is None
        start = time.perf_counter()
        assert judge.same("x+2", "2+x") is None  # the breaker is open: nobody is asked
        assert time.perf_counter() - start < 0.1
    finally:
        judge.close()
    assert children() == before


@needs_math
def test_a_call_never_waits_for_the_import() -> None:
    judge = SymbolicJudge(limit_s=0.2)
    try:
        start = time.perf_counter()
        judge.same("x+1", "1+x")
        assert time.perf_counter() - start < 1.0
    finally:
        judge.close()
