import json
from dataclasses import replace
from pathlib import Path

import pytest

from reasoning_data import Task
from reasoning_rewards import CompositeReward, Score
from reasoning_train.errors import UserError
from reasoning_train.evaluation.prediction import (
    Prediction,
    from_line,
    predict,
    read_predictions,
    score_sample,
    to_line,
    write_predictions,
)

TASK = Task("a:1", "prompt", "14", "question", "test")
REWARD = CompositeReward()
OLD = (
    '{"id": "a:1", "prompt": "p", "completion": "c", "gold": "14", "finished": true, '
    '"status": "no_tags", "correct": false, "correct_lenient": false, "total": 0.0, '
    '"correctness": 0.0, "structure": 0.0, "confidence": 0.0, "stated_confidence": 0.85}\n'
)


def prediction(completion: str) -> Prediction:
    return predict(TASK, completion, REWARD, finished=True, completion_tokens=7)


@pytest.mark.parametrize(
    ("completion", "strict", "lenient", "independent"),
    [
        ("<reasoning>12+7=19. 19-5=14.</reasoning><answer>14</answer>", True, True, True),
        ("<reasoning>12+7=19.</reasoning><answer>19</answer>", False, False, False),
        ("12+7=19. 19-5=14. The answer is 14", False, True, True),
        ("", False, False, False),
        # The answer in its tags earns the reward's correctness; strict asks for the whole schema.
        ("<answer>14</answer>", False, True, True),
        ("<reasoning>19-5=14.</reasoning><answer>14</answer> Bye.", False, True, True),
    ],
)
def test_format_and_skill_are_told_apart(
    completion: str, strict: bool, lenient: bool, independent: bool
) -> None:
    found = prediction(completion)
    assert (found.correct, found.correct_lenient) == (strict, lenient)
    assert found.independent_correct is independent


def test_the_reward_sees_the_problem_and_not_the_examples_before_it() -> None:
    text = "<reasoning>12+7=19. 19-5=14.</reasoning><answer>14</answer>"
    shown = predict(TASK, text, REWARD, finished=True, prompt="12 7 5 examples 14\n\nquestion")
    assert shown.prompt.startswith("12 7 5 examples")
    assert shown.total == prediction(text).total


def test_a_sample_is_scored_like_a_prediction() -> None:
    text = "<reasoning>12+7=19. 19-5=14.</reasoning><answer>14</answer>"
    sample = score_sample(TASK, text, REWARD, finished=False, completion_tokens=9)
    assert (sample.correct, sample.correct_lenient, sample.finished) == (True, True, False)
    alike = predict(TASK, text, REWARD, finished=False, completion_tokens=9)
    for name in ("total", "structure", "confidence", "status", "independent_correct"):
        assert getattr(sample, name) == getattr(alike, name) is not None


def test_predictions_come_back(tmp_path: Path) -> None:
    sample = score_sample(TASK, "14", REWARD, finished=True, completion_tokens=2)
    drawn = predict(TASK, "14", REWARD, finished=True, completion_tokens=2, samples=(sample,) * 2)
    rows = [prediction("<script>\n\u2028\x85é"), prediction(""), drawn]
    write_predictions(tmp_path / "x" / "p.jsonl", rows)
    assert read_predictions(tmp_path / "x" / "p.jsonl") == rows
    assert [p.name for p in (tmp_path / "x").iterdir()] == ["p.jsonl"]


def test_a_line_of_an_earlier_or_a_later_version_is_read() -> None:
    old = from_line(OLD)
    assert (old.completion_tokens, old.independent_correct, old.samples) == (None, None, ())
    values = json.loads(to_line(prediction("14")))
    earlier = {"completion": "5", "finished": True, "completion_tokens": 3}
    earlier |= {"correct": False, "correct_lenient": False}
    values["samples"] = [earlier | {"novel": 1}]
    (sample,) = from_line(json.dumps(values | {"novel": 2})).samples
    assert (sample.completion_tokens, sample.total, sample.independent_correct) == (3, None, None)


@pytest.mark.parametrize("line", ["{", "[]", '"a"', "{}", OLD[:-20], '{"samples": [1]}'])
def test_another_line_is_named_by_file_and_number(line: str, tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(OLD + line)
    with pytest.raises(UserError, match=r"p\.jsonl:2 cannot be read .*: evaluate again"):
        read_predictions(path)


def test_missing_predictions_are_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no predictions at .*none\.jsonl"):
        read_predictions(tmp_path / "none.jsonl")


def test_what_could_not_be_scored_is_said_in_the_file() -> None:
    class Failing:
        def score(self, completion: str, gold: str, prompt: str = "") -> Score:
            return replace(REWARD.score(completion, gold, prompt), error="mine:f returned nan")

    found = predict(TASK, "14", Failing(), finished=True)
    assert from_line(to_line(found)).error == "mine:f returned nan"
    assert from_line(OLD).error == ""
