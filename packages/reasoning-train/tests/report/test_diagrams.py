from dataclasses import replace

import pytest

from reasoning_rewards import calibration_report
from reasoning_train.evaluation.statistics import wilson
from reasoning_train.report.diagrams import Estimate, dot_plot, reliability
from reasoning_train.report.evaluations import Evaluation
from reasoning_train.report.load import RunView


def test_bins_are_those_of_the_calibration_report(run: RunView) -> None:
    grpo = run.evaluations[2]
    rows = tuple(
        replace(row, stated_confidence=0.95 if i % 2 else 0.55) for i, row in enumerate(grpo.rows)
    )
    drawn = reliability("r", "GRPO", "", replace(grpo, rows=rows))
    assert drawn is not None
    report = calibration_report(
        [row.stated_confidence or 0.0 for row in rows], [row.correct for row in rows]
    )
    assert [(b.count, b.confidence, b.accuracy) for b in drawn.bins] == [
        (b.count, b.confidence, b.accuracy) for b in report.bins
    ]
    ends = wilson(round(drawn.bins[0].accuracy * 6), 6)
    assert drawn.bins[0].interval == (ends.low, ends.high)


def test_the_summarys_own_bins_come_first(run: RunView) -> None:
    bins = [{"low": 0.2, "high": 0.3, "n": 4, "confidence": 0.25, "accuracy": 0.5}]
    summary = {"reliability": bins, "ece": 0.25, "brier": 0.2, "auroc": 0.5}
    drawn = reliability("r", "Base", "", replace(run.evaluations[0], summary=summary))
    assert drawn is not None
    assert [(b.low, b.count) for b in drawn.bins] == [(0.2, 4)]
    assert "AUROC 0.500; ECE 0.250; Brier 0.200" in drawn.sentence


@pytest.mark.parametrize("bad", [["x"], [{"low": 0.2}], "no", [{"accuracy": 7, "n": 1}]])
def test_damaged_bins_are_made_again(run: RunView, bad: object) -> None:
    drawn = reliability("r", "", "", replace(run.evaluations[0], summary={"reliability": bad}))
    assert drawn is not None
    assert sum(b.count for b in drawn.bins) == 12


def test_one_confidence_for_all_is_said(run: RunView) -> None:
    drawn = reliability("r", "", "", run.evaluations[0])
    assert drawn is not None
    assert "the same confidence, 0.6" in drawn.sentence


def test_without_confidences_there_is_no_diagram(run: RunView) -> None:
    assert reliability("r", "", "", Evaluation("base", {}, ())) is None


def test_dots_stand_where_their_values_are() -> None:
    plot = dot_plot(
        [Estimate("Base", "a", 0.0, (0.0, 0.25), (0.0, 1.0)), Estimate("SFT", "b", 1.0, None)]
    )
    assert plot is not None
    first, second = plot.dots
    assert (first.x, first.low, first.high) == (12.0, 12.0, 93.0)
    assert second.x == second.low == second.high == 336.0
    assert first.value == "0.0 % (0.0 to 25.0)"
    assert (first.seeds, second.seeds) == ((12.0, 336.0), ())
    assert dot_plot([]) is None
