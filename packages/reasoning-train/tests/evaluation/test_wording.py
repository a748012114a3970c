from reasoning_train.evaluation.statistics import (
    paired_difference,
    paired_mean_difference,
    pooled_difference,
)
from reasoning_train.evaluation.wording import pooled_sentence, sentence


def test_a_paired_difference_in_words() -> None:
    difference = paired_difference(
        [True] * 10 + [False] * 30, [False] * 2 + [True] * 20 + [False] * 18
    )
    assert sentence("sft", "grpo", difference, 0) == (
        "GRPO − SFT: +25.0 points, 95 % CI 7.6 to 41.9, n = 40, seed 0, p = 0.013 (McNemar)"
    )


def test_losses_and_small_p_values() -> None:
    difference = paired_difference([True] * 40, [False] * 30 + [True] * 10)
    text = sentence("runs/a-1", "few-shot", difference, None)
    assert text.startswith("few-shot − runs/a-1: −75.0 points, 95 % CI −85.8 to −59.7, n = 40, ")
    assert text.endswith("seed unknown, p < .001 (McNemar)")


def test_rewards_are_no_points() -> None:
    difference = paired_mean_difference([0.1, 0.2, 0.3], [0.3, 0.3, 0.6])
    assert sentence("base", "sft", difference, 3) == (
        "SFT − BASE: +0.200, 95 % CI −0.406 to 0.592, n = 3, seed 3, p = 0.074 (paired t)"
    )


def test_seeds_in_words() -> None:
    rows = [[1.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0]]
    text = pooled_sentence("sft", "grpo", pooled_difference(rows, [0, 3]), points=True)
    assert text.startswith("GRPO − SFT over 2 seeds (0, 3): +37.5 points, 95 % CI −100.0 to 100.0")
    assert "over seeds and problems, n = 4 each, p = 0.205 (t test over seeds)" in text
