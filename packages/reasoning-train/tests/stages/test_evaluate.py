from pathlib import Path

import pytest

from reasoning_data import Task
from reasoning_rewards import CompositeReward
from reasoning_train.stages.evaluate import (
    Prediction,
    predict,
    read_predictions,
    summarise,
    write_predictions,
)

TASK = Task("a:1", "prompt", "14", "question", "test")
REWARD = CompositeReward()


def prediction(completion: str) -> Prediction:
    return predict(TASK, completion, REWARD, finished=True)


@pytest.mark.parametrize(
    ("completion", "strict", "lenient"),
    [
        ("<reasoning>12+7=19. 19-5=14.</reasoning><answer>14</answer>", True, True),
        ("<reasoning>12+7=19.</reasoning><answer>19</answer>", False, False),
        ("12+7=19. 19-5=14. The answer is 14", False, True),
        ("", False, False),
    ],
)
def test_format_and_skill_are_told_apart(completion: str, strict: bool, lenient: bool) -> None:
    found = prediction(completion)
    assert (found.correct, found.correct_lenient) == (strict, lenient)


def test_summary_counts_and_bounds() -> None:
    good = prediction("<reasoning>12+7=19. 19-5=14.</reasoning><answer>14</answer>")
    bad = prediction("<reasoning>12+7=19.</reasoning><answer>19</answer>")
    summary = summarise([good, good, good, bad], model="m", seed=0)
    assert summary["n"] == 4
    assert summary["accuracy"] == 0.75
    assert summary["well_formed"] == 1.0
    assert summary["mean_reward"] == pytest.approx((3 * good.total + bad.total) / 4)
    low, high = summary["ci95"]["accuracy"]  # type: ignore[index]
    assert 0 < low < 0.75 < high < 1
    assert summary["brier"] == pytest.approx((3 * 0.15**2 + 0.85**2) / 4)


def test_predictions_come_back(tmp_path: Path) -> None:
    rows = [prediction("<script>\n\u2028é"), prediction("")]
    write_predictions(tmp_path / "x" / "p.jsonl", rows)
    assert read_predictions(tmp_path / "x" / "p.jsonl") == rows
