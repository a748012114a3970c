import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reasoning_train.report.load import load_run
from reasoning_train.report.timeline import duration, timeline


def spans(found: tuple) -> list[tuple[str, float, float]]:  # type: ignore[type-arg]
    return [(span.part, span.start, span.end) for span in found]


def test_the_plan_is_the_budgets_and_the_actual_the_metrics(make_run: Callable[..., Path]) -> None:
    line = timeline(load_run(make_run(flags=["--budget", "9m"])))
    assert spans(line.planned) == [
        ("setup", 0.0, 30.0),
        ("sft", 30.0, 180.0),
        ("grpo", 180.0, 450.0),
        ("end", 450.0, 540.0),
    ]
    assert spans(line.actual) == [
        ("setup", 0.0, 11.0),
        ("sft", 11.0, 16.0),
        ("between", 16.0, 31.0),
        ("grpo", 31.0, 34.0),
        ("end", 34.0, 40.0),
    ]
    assert line.total == 540.0
    assert [(s.planned, s.made, s.seconds_per_step) for s in line.steps] == [
        (6, 6, 1.0),
        (4, 4, 1.0),
    ]
    assert [row[0] for row in line.rows()][2] == "SFT's evaluation, set-up of GRPO"


def test_without_a_budget_there_is_no_plan_in_time(make_run: Callable[..., Path]) -> None:
    line = timeline(load_run(make_run()))
    assert line.planned == ()
    assert line.total == 40.0


def test_an_unfinished_run_ends_where_it_is(make_run: Callable[..., Path]) -> None:
    root = make_run()
    lines = (root / "metrics.jsonl").read_text().splitlines(keepends=True)
    (root / "metrics.jsonl").write_text("".join(lines[:4]))
    (root / "state.json").write_text(json.dumps({"done": ["data"], "elapsed_s": 3, "steps": {}}))
    line = timeline(load_run(root))
    assert spans(line.actual) == [("setup", 0.0, 11.0), ("sft", 11.0, 14.0)]
    assert [s.made for s in line.steps] == [4, 0]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(4.24, "4.2 s"), (363, "6 min 3 s"), (7500, "2 h 5 min"), (59.99, "60.0 s")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
