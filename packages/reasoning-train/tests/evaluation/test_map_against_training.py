from typing import Any

import pytest

from reasoning_train.evaluation.map_against_training import map_against_training

GRPO = {"auroc": 0.85, "ece": 0.05, "ci95": {"auroc": [0.8, 0.9]}}


@pytest.mark.parametrize(
    ("auroc", "ece", "verdict"),
    [
        (0.81, 0.05, "does as well as training does: AUROC 0.810 and ECE 0.050"),
        (0.79, 0.01, "does not do what training does"),
        (0.84, 0.06, "does not do what training does"),
    ],
)
def test_which_is_better_is_said(auroc: float, ece: float, verdict: str) -> None:
    sft = {"auroc": auroc, "post_hoc": {"ece": ece}}
    sentence = map_against_training({"sft": sft, "grpo": GRPO})
    assert verdict in sentence
    assert "against AUROC 0.850 (0.800 to 0.900) and ECE 0.050" in sentence


@pytest.mark.parametrize(
    "summaries",
    [
        {},
        {"grpo": GRPO},
        {"sft": {"auroc": 0.5, "post_hoc": None}, "grpo": GRPO},
        {"sft": {"auroc": None, "post_hoc": {"ece": 0.1}}, "grpo": GRPO},
        {"sft": {"auroc": 0.5, "post_hoc": {"ece": 0.1}}, "grpo": {"auroc": None, "ci95": {}}},
    ],
)
def test_without_figures_nothing_is_said(summaries: dict[str, dict[str, Any]]) -> None:
    assert map_against_training(summaries) == ""
