import pytest

from reasoning_train.evaluation.map_against_training import map_against_training

GRPO = {"auroc": 0.85, "ece": 0.05, "ci95": {"auroc": [0.8, 0.9]}}


@pytest.mark.parametrize(
    ("mapped", "verdict"),
    [
        ({"auroc": 0.81, "ece": 0.05}, "does as well as training does: AUROC 0.810 and ECE 0.050"),
        ({"auroc": 0.79, "ece": 0.01}, "does not do what training does"),
        ({"auroc": 0.84, "ece": 0.06}, "does not do what training does"),
    ],
)
def test_which_is_better_is_said(mapped: dict[str, float], verdict: str) -> None:
    sentence = map_against_training({"sft": {"post_hoc": mapped}, "grpo": GRPO})
    assert verdict in sentence
    assert "against AUROC 0.850 (0.800 to 0.900) and ECE 0.050" in sentence


@pytest.mark.parametrize(
    "summaries",
    [
        {},
        {"grpo": GRPO},
        {"sft": {"post_hoc": None}, "grpo": GRPO},
        {"sft": {"post_hoc": {"auroc": None, "ece": 0.1}}, "grpo": GRPO},
        {"sft": {"post_hoc": {"auroc": 0.5, "ece": 0.1}}, "grpo": {"auroc": None, "ci95": {}}},
    ],
)
def test_without_figures_nothing_is_said(summaries: dict[str, dict[str, object]]) -> None:
    assert map_against_training(summaries) == ""
