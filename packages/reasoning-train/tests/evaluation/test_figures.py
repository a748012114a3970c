from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from statsmodels.tools.eval_measures import mse

from reasoning_data import Task
from reasoning_rewards import CompositeReward
from reasoning_train.evaluation.figures import summarise
from reasoning_train.evaluation.outcome import warnings
from reasoning_train.evaluation.prediction import Prediction, Sample, predict, score_sample
from reasoning_train.evaluation.statistics import bounded_mean_interval

TASK = Task("a:1", "prompt", "14", "question", "test")
REWARD = CompositeReward()
RIGHT = "<reasoning>12+7=19. 19-5=14.</reasoning><answer>14</answer>"
WRONG = "<reasoning>12+7=19.</reasoning><answer>19</answer>"


def prediction(completion: str, tokens: int = 10) -> Prediction:
    return predict(TASK, completion, REWARD, finished=True, completion_tokens=tokens)


def sample(completion: str) -> Sample:
    return score_sample(TASK, completion, REWARD, finished=True, completion_tokens=5)


GOOD, BAD = prediction(RIGHT), prediction(WRONG, 30)


def test_counts_means_and_bounds() -> None:
    summary = summarise([GOOD, GOOD, GOOD, BAD], model="m", seed=0)
    assert (summary["n"], summary["seed"], summary["decoding"]) == (4, 0, "greedy")
    assert summary["accuracy"] == 0.75
    assert summary["well_formed"] == 1.0
    assert summary["mean_reward"] == pytest.approx((3 * GOOD.total + BAD.total) / 4)
    assert summary["components"]["correctness"] == 0.75
    assert summary["components"]["structure"] == pytest.approx(
        (3 * GOOD.structure + BAD.structure) / 4
    )
    low, high = summary["ci95"]["accuracy"]
    assert 0 < low < 0.75 < high < 1
    assert summary["completion_tokens"] == {
        "mean": 15.0, "median": 10.0, "p95": pytest.approx(np.percentile([10, 10, 10, 30], 95)),
    }  # fmt: skip


def test_what_nobody_stated_has_no_figures() -> None:
    summary = summarise([GOOD, BAD], model="m", seed=0)
    for key in ("ece", "brier", "auroc", "aurc", "accuracy_at_80"):
        assert summary[key] is None, key
    assert (summary["stated"], summary["reliability"]) == (0.0, [])
    assert warnings(summary) == []


def test_figures_are_over_the_predictions_that_state_a_confidence() -> None:
    sure = prediction(RIGHT.replace("</reasoning>", " Confidence: 0.9.</reasoning>"))
    unsure = prediction(WRONG.replace("</reasoning>", " Confidence: 0.3.</reasoning>"))
    summary = summarise([sure, unsure, GOOD, BAD], model="m", seed=0)
    assert summary["stated"] == 0.5
    assert summary["brier"] == pytest.approx((0.1**2 + 0.3**2) / 2)
    assert (summary["auroc"], summary["aurc"], summary["accuracy_at_80"]) == (1.0, 0.25, 0.5)
    assert [row["n"] for row in summary["reliability"]] == [1, 1]


def test_calibration_is_to_the_strict_outcome() -> None:
    """Right but out of form: what was stated is held against `correct`, as accuracy is."""
    loose = prediction("<answer>14</answer>")
    assert (loose.correct, loose.correct_lenient) == (False, True)
    summary = summarise([replace(loose, stated_confidence=0.9)], model="m", seed=0)
    assert (summary["ece"], summary["brier"]) == pytest.approx((0.9, 0.81))


def test_a_map_fitted_on_validation_problems_mends_overconfidence() -> None:
    rng = np.random.default_rng(0)
    outcomes = rng.random(400) < 0.3
    rows = [
        replace(GOOD if right else BAD, stated_confidence=0.9 if right else 0.7)
        for right in outcomes
    ]
    summary = summarise(rows[:200], model="m", seed=0, validation=rows[200:])
    low, high = summary["ci95"]["auroc"]
    assert 0.9 < low < high == summary["auroc"] == 1.0
    mapped = summary["post_hoc"]
    assert (mapped["fitted_on"], mapped["n"]) == ("validation problems", 200)
    assert mapped["ece"] < 0.02 < 0.4 < summary["ece"]
    assert (mapped["stated"], mapped["share"]) == ([0.7, 0.9], [0.0, 1.0])
    alone = summarise(rows[:200], model="m", seed=0)
    assert alone["post_hoc"]["fitted_on"] == "the evaluation's other folds"
    few = summarise(rows[:20], model="m", seed=0)
    assert "too few to fit a map" in few["post_hoc"]["note"]
    assert "ece" not in few["post_hoc"]


def test_all_right_or_all_wrong_have_no_auroc() -> None:
    summary = summarise([replace(GOOD, stated_confidence=0.9)] * 3, model="m", seed=0)
    assert summary["auroc"] is None
    assert "auroc" not in summary["ci95"]


def test_one_value_for_almost_all_is_warned_about() -> None:
    alike, other = (replace(GOOD, stated_confidence=c) for c in (0.85, 0.5))
    (warning,) = warnings(summarise([alike] * 19 + [other], model="m", seed=0))
    assert "95% of the stated confidences are one value" in warning
    assert warnings(summarise([alike] * 18 + [other] * 2, model="m", seed=0)) == []


def test_calibration_is_that_of_scipy_and_statsmodels() -> None:
    rng = np.random.default_rng(0)
    stated = rng.uniform(0.05, 0.95, 300).round(2) + 0.001  # with ties, on no edge of a bin
    right = rng.random(300) < stated**2
    predictions = [
        replace(GOOD if ok else BAD, stated_confidence=float(c))
        for c, ok in zip(stated, right, strict=True)
    ]
    summary = summarise(predictions, model="m", seed=0)
    assert summary["brier"] == pytest.approx(mse(stated, right))
    u = stats.mannwhitneyu(stated[right], stated[~right]).statistic
    assert summary["auroc"] == pytest.approx(u / (right.sum() * (~right).sum()))
    edges = np.linspace(0, 1, 11)
    sums = stats.binned_statistic(stated, [stated, right], "sum", edges).statistic
    assert summary["ece"] == pytest.approx(np.abs(sums[0] - sums[1]).sum() / 300)


def test_scorers_and_the_independent_reader() -> None:
    hash_mark = prediction("19-5=14\n#### 14")
    hacked = replace(BAD, correctness=1.0, correct=True)
    summary = summarise([GOOD, BAD, hash_mark, hacked], model="m", seed=0)
    assert summary["scorers"] == {"lm_eval_strict": 0.25, "lm_eval_flexible": 0.5}
    assert summary["independent"] == {
        "accuracy": 0.5, "agreement": 0.5, "rewarded_wrong": 0.25, "unrewarded_right": 0.25,
    }  # fmt: skip


def test_predictions_of_earlier_versions_leave_figures_out() -> None:
    old = replace(GOOD, completion_tokens=None, independent_correct=None)
    summary = summarise([old], model="m", seed=0)
    assert summary["completion_tokens"] is None
    assert summary["independent"] is None
    assert "pass_at_k" not in summary


def test_samples_give_pass_and_maj() -> None:
    one = replace(GOOD, samples=tuple(map(sample, (RIGHT, RIGHT, WRONG, "14"))))
    other = replace(GOOD, id="a:2", samples=tuple(map(sample, (WRONG, WRONG, WRONG, "14"))))
    summary = summarise([one, other], model="m", seed=0, temperature=0.7)
    assert (summary["samples"], summary["temperature"]) == (4, 0.7)
    assert summary["pass_at_k"] == {
        "1": 0.25, "2": pytest.approx((5 / 6 + 0) / 2), "4": 0.5,
    }  # fmt: skip
    assert summary["pass_at_k_lenient"]["1"] == pytest.approx((3 / 4 + 1 / 4) / 2)
    assert summary["maj_at_k"] == {"4": 0.5}
    assert summary["accuracy"] == 1.0  # greedy figures stay greedy
    interval = bounded_mean_interval([0.5, 0.0])
    assert summary["ci95"]["pass_at_1"] == [interval.low, interval.high]
    assert {"maj_at_4", "maj_at_4_lenient"} <= summary["ci95"].keys()


def test_an_answer_outside_the_tags_has_no_strict_vote() -> None:
    votes = tuple(map(sample, (RIGHT, "the answer is 19", "the answer is 19")))
    summary = summarise([replace(GOOD, samples=votes)], model="m", seed=0)
    assert summary["maj_at_k"] == {"3": 1.0}
    assert summary["maj_at_k_lenient"] == {"3": 0.0}


def test_completions_that_could_not_be_scored_whole_are_counted_and_warned_of() -> None:
    summary = summarise([GOOD, replace(BAD, error="mine:f took over 1 s")], model="m", seed=0)
    assert summary["unscored"] == 1
    assert any("for 1 of 2 completions" in line for line in warnings(summary))


def test_problems_that_there_was_no_time_for_are_warned_of() -> None:
    summary = summarise([GOOD, BAD], model="m", seed=0)
    assert not warnings(summary)
    assert "no time for 3 of 5 problems" in warnings({**summary, "unanswered": 3})[0]
