"""Progress lines without a terminal: the first at once, the time left based on later steps."""

from io import StringIO

import pytest
from rich.console import Console

from reasoning_train.loop import progress
from reasoning_train.loop.progress import task


def lines(clock: list[float], updates: list[tuple[float, int]], total: int) -> list[str]:
    """Return the lines printed for updates at the given seconds."""
    out = StringIO()
    with task(Console(file=out, width=200), "SFT", total) as work:
        for now, completed in updates:
            clock[0] = now
            work.update(completed, "loss 1.0")
    return out.getvalue().splitlines()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_the_first_line_comes_before_the_first_step(clock: list[float]) -> None:
    assert lines(clock, [], 30) == ["SFT 0/30 compiling the first step"]


def test_the_time_left_does_not_count_compilation(clock: list[float]) -> None:
    # 100 s for the first step, 2 s for each of the others.
    said = lines(clock, [(100.0, 1), (110.0, 6), (130.0, 16)], 26)
    assert said[1:] == [
        "SFT 1/26 loss 1.0 (100 s)",
        "SFT 16/26 loss 1.0 (130 s, 20 s left)",
    ]


def test_the_last_step_is_always_said(clock: list[float]) -> None:
    assert lines(clock, [(1.0, 1), (2.0, 2)], 2)[-1] == "SFT 2/2 loss 1.0 (2 s)"
