import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reasoning_data import Task
from reasoning_train.errors import UserError
from reasoning_train.evaluation.comparison import (
    Metric,
    compare_evaluations,
    pool_evaluations,
    read_evaluation,
)
from reasoning_train.evaluation.statistics import PairedTest, paired_difference

Evaluate = Callable[..., Path]
BEFORE = [True, True, False, False, False, False, True, False]
AFTER = [True, False, True, True, True, False, True, True]


def test_files_are_paired_by_problem(evaluate: Evaluate, tasks: list[Task], tmp_path: Path) -> None:
    one = read_evaluation(evaluate(tmp_path, "sft", BEFORE))
    turned = evaluate(tmp_path, "grpo", AFTER[::-1], problems=tasks[:8][::-1])
    found = compare_evaluations(one, read_evaluation(turned))
    assert found == paired_difference(BEFORE, AFTER)
    assert (found.gained, found.lost, found.n) == (4, 1, 8)


def test_other_metrics(evaluate: Evaluate, tmp_path: Path) -> None:
    one = read_evaluation(evaluate(tmp_path, "sft", BEFORE))
    other = read_evaluation(evaluate(tmp_path, "grpo", AFTER))
    assert compare_evaluations(one, other, Metric.LENIENT).difference == pytest.approx(3 / 8)
    reward = compare_evaluations(one, other, Metric.REWARD)
    assert reward.test is PairedTest.PAIRED_T
    assert reward.difference == pytest.approx(
        other.summary["mean_reward"] - one.summary["mean_reward"]
    )


def test_other_problems_are_refused_with_the_reason(
    evaluate: Evaluate, tasks: list[Task], tmp_path: Path
) -> None:
    one = read_evaluation(evaluate(tmp_path, "a", BEFORE))
    fewer = read_evaluation(evaluate(tmp_path, "b", BEFORE[:5]))
    with pytest.raises(UserError, match="they share 5 of 8 and 5 problems"):
        compare_evaluations(one, fewer)
    regolded = [replace(tasks[0], gold="77"), *tasks[1:]]
    gold = read_evaluation(evaluate(tmp_path, "c", BEFORE, problems=regolded))
    with pytest.raises(UserError, match=f"has the gold '{tasks[0].gold}' in one and '77'"):
        compare_evaluations(one, gold)
    reworded = [replace(tasks[0], question="Other?"), *tasks[1:]]
    question = read_evaluation(evaluate(tmp_path, "d", BEFORE, problems=reworded))
    with pytest.raises(UserError, match="the questions differ"):
        compare_evaluations(one, question)


def test_files_without_the_newer_keys_are_compared(evaluate: Evaluate, tmp_path: Path) -> None:
    paths = [evaluate(tmp_path, "sft", BEFORE), evaluate(tmp_path, "grpo", AFTER)]
    values = json.loads(paths[0].read_text())
    del values["problems_sha256"]
    paths[0].write_text(json.dumps(values))
    assert compare_evaluations(*map(read_evaluation, paths)).gained == 4


def test_damaged_files_are_said(evaluate: Evaluate, tmp_path: Path) -> None:
    path = evaluate(tmp_path, "sft", BEFORE)
    with pytest.raises(UserError, match="no evaluation at"):
        read_evaluation(tmp_path / "none.json")
    (tmp_path / "half.json").write_text(path.read_text()[:40])
    with pytest.raises(UserError, match=r"half\.json' cannot be read"):
        read_evaluation(tmp_path / "half.json")
    (tmp_path / "other.json").write_text('{"n": 3}')
    with pytest.raises(UserError, match=r"other\.json' is no evaluation"):
        read_evaluation(tmp_path / "other.json")


@pytest.mark.parametrize("outcomes", [AFTER, BEFORE[:7]])
def test_predictions_of_another_evaluation_are_said(
    evaluate: Evaluate, tmp_path: Path, outcomes: list[bool]
) -> None:
    evaluate(tmp_path, "other", outcomes)
    path = evaluate(tmp_path, "sft", BEFORE)
    predictions = (tmp_path / "other.predictions.jsonl").read_bytes()
    (tmp_path / "sft.predictions.jsonl").write_bytes(predictions)
    with pytest.raises(UserError, match="are not its own: it says 8 problems and 3 right"):
        read_evaluation(path)


def test_seeds_are_pooled(evaluate: Evaluate, tmp_path: Path) -> None:
    pairs = [
        (
            read_evaluation(evaluate(tmp_path / str(seed), "sft", BEFORE, seed=seed)),
            read_evaluation(evaluate(tmp_path / str(seed), "grpo", after, seed=seed)),
        )
        for seed, after in enumerate([AFTER, [True] * 8, BEFORE])
    ]
    pooled = pool_evaluations(pairs)
    assert (pooled.seeds, pooled.n) == ((0, 1, 2), 8)
    assert pooled.per_seed == pytest.approx((3 / 8, 5 / 8, 0.0))
    assert pooled.difference == pytest.approx(1 / 3)
    with pytest.raises(UserError, match=r"seeds 0, 0: .* is no new evidence"):
        pool_evaluations([pairs[0], pairs[0]])
    with pytest.raises(UserError, match="at least two seeds"):
        pool_evaluations(pairs[:1])
