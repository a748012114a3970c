import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reasoning_train.report.curves import all_series, mean_series, stage_curves
from reasoning_train.report.load import RunView, load_run


def titles(runs: list[RunView]) -> dict[str, list[str]]:
    return {stage.stage: [c.title for c in stage.charts] for stage in stage_curves(runs)}


@pytest.fixture
def moving(make_run: Callable[..., Path]) -> RunView:
    """Make a run whose correctness and share of flat groups change from step to step."""
    root = make_run()
    path = root / "metrics.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        if line["stage"] == "grpo":
            moved = {"reward/correctness": 0.1, "zero_variance_share": 0.05, "reward/brevity": 0.2}
            line["values"] |= {name: size * line["step"] for name, size in moved.items()}
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return load_run(root)


def test_what_moves_has_a_chart_the_rewards_first(moving: RunView) -> None:
    sft, grpo = stage_curves([moving])
    assert [c.title for c in grpo.lead] == ["Reward, mean total", "Reward, components"]
    assert [c.title for c in grpo.rest] == ["Groups without variance", "Loss", "Reward: brevity"]
    assert grpo.lead[1].header == ("step", "correctness", "structure", "confidence")
    assert (sft.lead, [c.title for c in sft.rest]) == ((), ["Loss"])


def test_what_never_changes_is_a_note(run: RunView) -> None:
    grpo = stage_curves([run])[1]
    assert "KL to the reference 0" in grpo.unchanged
    assert "Groups without variance 25.0 %" in grpo.unchanged
    assert [c.title for c in grpo.charts] == ["Reward, mean total", "Loss"]


def test_confidences_of_earlier_versions_were_presumed(make_run: Callable[..., Path]) -> None:
    root = make_run()
    line = {"step": 5, "stage": "grpo", "elapsed_s": 50}
    old = {"calibration/stated": 0.85, "calibration/ece": 0.2, "calibration/brier": 0.1}
    with (root / "metrics.jsonl").open("a") as file:
        file.write(json.dumps({**line, "values": old}) + "\n")
    assert not [name for name in all_series(load_run(root), "grpo") if "calibration" in name]
    with (root / "metrics.jsonl").open("a") as file:
        new = {**line, "step": 6, "values": {**old, "calibration/auroc": 0.7}}
        file.write(json.dumps(new) + "\n")
    assert "calibration/ece" in all_series(load_run(root), "grpo")


def test_what_nobody_foresaw_is_drawn_too(make_run: Callable[..., Path]) -> None:
    root = make_run()
    line = {"step": 5, "stage": "dpo", "elapsed_s": 50, "values": {"margin": 1.0}}
    with (root / "metrics.jsonl").open("a") as file:
        file.write(json.dumps(line))
    assert titles([load_run(root)])["dpo"] == ["Margin"]


def test_faults_have_a_chart_once_there_are_any(make_run: Callable[..., Path]) -> None:
    root = make_run()
    values = {"skipped": 0.0, "left_out": 0.25, "completion_tokens": 20.0, "learning_rate": 1e-4}
    line = {"step": 5, "stage": "grpo", "elapsed_s": 50, "values": values}
    with (root / "metrics.jsonl").open("a") as file:
        file.write(json.dumps(line))
    shown = titles([load_run(root)])["grpo"]
    assert "Rollouts without a reward" in shown
    assert "Skipped steps" not in shown
    assert "Completion length, tokens" in shown
    assert "Completion length, characters" not in shown
    assert shown[-1] == "Learning rate"


def test_rollouts_give_lengths_and_both_readings(run: RunView) -> None:
    series = all_series(run, "grpo")
    assert series["by/reward"] == [(step, 0.5) for step in range(1, 5)]
    assert series["by/independent extractor"] == series["by/reward"]
    assert series["cut_share"][0] == (1, 0.0)
    assert series["characters"][0][1] > 20


def test_two_runs_lie_over_each_other(make_run: Callable[..., Path]) -> None:
    runs = [load_run(make_run("a")), load_run(make_run("b"))]
    charts = stage_curves(runs)[1].charts
    assert "Reward, components" not in [c.title for c in charts]
    assert all([line.name for line in c.lines] == ["a", "b"] for c in charts)
    assert [line.css for line in charts[0].lines] == ["stage-grpo run-a", "stage-other run-b"]


def test_many_runs_are_thin_lines_with_the_mean_of_their_group(
    make_run: Callable[..., Path],
) -> None:
    runs = [load_run(make_run(name)) for name in "abc"]
    chart = stage_curves(runs, [(0, 2), (1,)])[0].charts[0]
    assert [(line.name, line.css) for line in chart.lines] == [
        ("a", "group-0 seed"), ("c", "group-0 seed"), ("A: mean of the seeds", "group-0"),
        ("b", "group-1"),
    ]  # fmt: skip
    assert chart.legend == [
        ("group-0 seed", "A: each seed"), ("group-0", "A: mean of the seeds"), ("group-1", "B: b")
    ]  # fmt: skip
    assert chart.header[0] == "step"
    assert not any(line.raw or line.dots for line in chart.lines)


def test_a_mean_needs_all_of_its_series() -> None:
    assert mean_series([[(1, 1.0), (2, 3.0)], [(2, 5.0), (3, 7.0)]]) == [(2, 4.0)]


def test_ids_of_charts_are_unique(run: RunView) -> None:
    ids = [c.id for stage in stage_curves([run]) for c in stage.charts]
    assert len(set(ids)) == len(ids)
