"""Needs the extra `[math]`; without it the judge is never asked, which is tested here as well."""

import json
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reasoning_rewards import render, same_answer
from reasoning_rewards.answers import Verdict, compare
from reasoning_rewards.cli import main
from reasoning_rewards.symbolic import judge as symbolic
from reasoning_rewards.symbolic.judge import SymbolicJudge

needs_math = pytest.mark.skipif(
    not symbolic.available(), reason="the extra [math] (Math-Verify) is not installed"
)


@pytest.fixture(scope="module")
def judge() -> Iterator[SymbolicJudge]:
    """One for the module: starting the worker imports sympy, which takes seconds."""
    judge = SymbolicJudge()
    assert judge.warm_up(120.0)
    yield judge
    judge.close()


def children() -> set[int]:
    found: set[int] = set()
    for task in Path(f"/proc/{os.getpid()}/task").iterdir():
        try:
            found |= set(map(int, (task / "children").read_text().split()))
        except FileNotFoundError:  # a thread that has ended meanwhile
            continue
    return found


@contextmanager
def busy_processes(number: int) -> Iterator[None]:
    """So many processes that compute until the end."""
    code = "while True: pass"
    processes = [
        # In sessions of their own: some kernels share time out by session.
        subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
        for _ in range(number)
    ]
    try:
        time.sleep(0.3)
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def wait_for_spare(judge: SymbolicJudge) -> None:
    assert judge._spare is not None
    assert judge._spare.wait_ready(time.monotonic() + 60.0)


HARD = (
    ("\\int x^{50} \\sin(x)^{20} e^{x^2} dx", "\\int x^{51} \\cos(x)^{20} dx"),
    ("9^{9^{9^{9}}}", "9^{9^{9^{8}}}"),
)
"""Pairs without an end; in the second the time is spent in C, where no handler of Python's runs."""


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
def test_a_worker_that_sleeps_is_replaced_then_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = children()
    judge = SymbolicJudge()

    try:
        assert judge.warm_up()
        wait_for_spare(judge)
        (worker, spare) = sorted(children() - before)
        os.kill(worker, signal.SIGSTOP)
        judge.backstop_s = 0.5
        start = time.perf_counter()
        assert judge.same("x+1", "1+x") is None
        assert time.perf_counter() - start < 1.5
        assert worker not in children()
        assert spare in children()
        assert judge.counts().failed == 1
        judge.backstop_s = 60.0
        assert judge.same("x+1", "1+x") is True  # that it was not decided before is not remembered
        monkeypatch.setattr(symbolic, "MAX_FAILURES", 1)
        for worker in children() - before:
            os.kill(worker, signal.SIGSTOP)
        judge.backstop_s = 0.5
        assert judge.same("x+2", "2+x") is None
        start = time.perf_counter()
        assert judge.same("x+3", "3+x") is None  # the breaker is open: nobody is asked
        assert time.perf_counter() - start < 0.1
        assert judge.counts().paused == 1
    finally:
        judge.close()
    assert children() == before


@needs_math
def test_a_call_waits_for_the_import_until_the_backstop() -> None:
    judge = SymbolicJudge(backstop_s=0.2)
    try:
        start = time.perf_counter()
        assert judge.same("x+1", "1+x") is None
        assert time.perf_counter() - start < 1.0
    finally:
        judge.close()
    judge = SymbolicJudge()
    try:
        assert judge.same("x+1", "1+x") is True
    finally:
        judge.close()


@needs_math
@pytest.mark.parametrize("pair", HARD)
def test_a_question_without_end_is_counted_and_the_spare_takes_over(
    pair: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    judge = SymbolicJudge(limit_s=1.0)
    try:
        assert judge.warm_up()
        assert judge.same("x+1", "1+x") is True
        wait_for_spare(judge)
        with caplog.at_level(logging.WARNING):
            assert judge.same(*pair) is None
        assert "processor time" in caplog.text
        start = time.perf_counter()
        assert judge.same("x+2", "2+x") is True
        assert time.perf_counter() - start < 1.0  # no import of sympy
        assert judge.same(*pair) is None  # it is not tried again
        counts = judge.counts()
        assert (counts.decided, counts.timed_out, counts.failed) == (2, 1, 0)
        assert counts.undecided == 1
    finally:
        judge.close()


def _processor_seconds(prediction: str, gold: str) -> float:
    """Processor time of the same comparison, measured in this process."""
    import math_verify

    def read(text: str) -> object:
        extraction = [math_verify.LatexExtractionConfig()]
        return math_verify.parse(f"${text}$", extraction_config=extraction, parsing_timeout=None)

    read("x+1")  # builds the grammar
    start = time.process_time()
    math_verify.verify(read(gold), read(prediction), timeout_seconds=None)
    return time.process_time() - start


@needs_math
def test_a_busy_machine_changes_no_verdict() -> None:
    """The limit is three times the longest; among busy processes all take more in seconds."""
    pairs = [
        ("\\int_0^1 x^3 e^x dx", "6-2e"),
        ("\\int_0^\\pi \\sin(x)^4 dx", "\\frac{3\\pi}{8}"),
        ("\\int_0^2 x^2 dx", "\\frac{8}{3}"),
    ]
    limit_s = 3.0 * max(_processor_seconds(*pair) for pair in pairs)
    judge = SymbolicJudge(limit_s=limit_s)
    try:
        assert judge.warm_up()
        wait_for_spare(judge)
        with busy_processes(3 * (os.cpu_count() or 1)):
            start = time.perf_counter()
            assert [judge.same(*pair) for pair in pairs] == [True] * len(pairs)
            # Else the machine was not busy enough to tell.
            assert time.perf_counter() - start > limit_s
        counts = judge.counts()
        assert (counts.decided, counts.undecided) == (len(pairs), 0)
    finally:
        judge.close()


def _in_child(judge: SymbolicJudge, answers: "multiprocessing.Queue[bool | None]") -> None:
    answers.put(judge.same("x+7", "7+x"))
    judge.close()


@needs_math
def test_a_forked_child_has_workers_of_its_own(judge: SymbolicJudge) -> None:
    context = multiprocessing.get_context("fork")
    answers: multiprocessing.Queue[bool | None] = context.Queue()
    process = context.Process(target=_in_child, args=(judge, answers))
    with judge._lock:  # held by another thread at the moment of the fork, as it seems to the child
        process.start()
    assert answers.get(timeout=60.0) is True
    process.join()
    assert judge.same("x+8", "8+x") is True


@needs_math
def test_what_is_too_long_is_counted(judge: SymbolicJudge) -> None:
    before = judge.counts().too_long
    assert judge.same("x" * 2_000, "y") is None
    assert judge.counts().too_long == before + 1


@needs_math
def test_score_says_how_many_pairs_were_left_undecided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    judge = SymbolicJudge(limit_s=2.0)
    monkeypatch.setattr(symbolic, "_judge", judge)
    path = tmp_path / "rows.jsonl"
    pairs = [HARD[0], ("\\lim_{x\\to 0} (x+1)", "\\lim_{y\\to 0} (1+y)")]
    path.write_text(
        "".join(
            json.dumps({"completion": render("We integrate.", answer), "gold": gold}) + "\n"
            for answer, gold in pairs
        )
    )
    try:
        assert main(["score", str(path), "--json"]) == 0
        counts = json.loads(capsys.readouterr().out)["math"]
        assert counts["timed_out"] == 1
        assert counts["decided"] == 1
        assert main(["score", str(path)]) == 0
        assert "count as different: 1 (decided 1, timed_out 1)" in capsys.readouterr().err
    finally:
        judge.close()
