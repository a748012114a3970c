import json
import math
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_rewards import CompositeReward, RewardError, Rubric, Score, Weights, render
from reasoning_rewards.structure.rubric import Item

PENS = "A box holds 6 pens. How many pens are in 7 boxes?"
WORK = "Each box holds 6 pens.\nSo the number of pens is 6 * 7 = 42."
REWARD = CompositeReward()


def test_default_weights() -> None:
    assert Weights() == Weights(correctness=0.60, structure=0.25, confidence=0.15)


@pytest.mark.parametrize("shares", [(0.5, 0.5, 0.5), (1.2, -0.1, -0.1), (math.nan, 0.5, 0.5)])
def test_weights_must_be_shares(shares: tuple[float, float, float]) -> None:
    with pytest.raises(RewardError):
        Weights(*shares)


def test_total_is_the_weighted_sum() -> None:
    score = REWARD.score(render(WORK + "\nConfidence: 0.9", "42"), "42", PENS)
    assert (score.correctness, score.structure) == (1.0, 1.0)
    assert score.stated_confidence == 0.9
    assert score.confidence == pytest.approx(0.99)
    assert score.total == pytest.approx(0.6 + 0.25 + 0.15 * 0.99)


def test_confidence_pays_when_right_and_costs_when_wrong() -> None:
    sure, unsure = (
        render(WORK + "\nConfidence: 0.95", "42"),
        render(WORK + "\nConfidence: 0.3", "42"),
    )
    assert REWARD.score(sure, "42").confidence > REWARD.score(unsure, "42").confidence
    assert REWARD.score(sure, "43").confidence < REWARD.score(unsure, "43").confidence


def test_a_completion_as_a_sampler_returns_it() -> None:
    whole = render(WORK, "42")
    expected = REWARD.score(whole, "42", PENS)
    rest = whole.removeprefix("<reasoning>")
    assert REWARD.score(whole + "<end_of_turn>\n", "42", PENS) == expected
    stopping = CompositeReward(stop=("</s>", "\n\nQ:"))
    assert stopping.score(whole + "\n\nQ: more", "42", PENS) == expected
    assert CompositeReward(prefill="<reasoning>").score(rest, "42", PENS) == expected
    assert REWARD.score(rest, "42", PENS + "<reasoning>").structure == expected.structure
    unsaid = REWARD.score(rest, "42", PENS)
    assert unsaid.correctness == 1.0
    assert 0.3 <= unsaid.structure < expected.structure


def test_no_answer_is_no_forecast() -> None:
    for completion in ("", "42", f"<reasoning>{WORK}\nConfidence: 0.01</reasoning>"):
        assert REWARD.score(completion, "42").confidence == 0.0


ASKING = PENS + " End the reasoning with your confidence, such as Confidence: 0.35."


def test_silence_earns_nothing_where_a_confidence_was_asked_for() -> None:
    silent = render(WORK + " I am absolutely certain.", "42")
    for reward, prompt in ((CompositeReward(asked=True), PENS), (REWARD, ASKING)):
        score = reward.score(silent, "42", prompt)
        assert (score.confidence, score.stated_confidence) == (0.0, None)
        stated = reward.score(render(WORK + "\nConfidence: 0.5", "42"), "42", prompt)
        assert stated.confidence == 0.75
        assert stated.total > score.total
    for reward, prompt in ((REWARD, PENS), (CompositeReward(asked=False), ASKING)):
        assert reward.score(silent, "42", prompt).stated_confidence == 0.95


@given(st.sampled_from(["41", "42"]), st.integers(1, 19), st.sampled_from([PENS, ASKING]))
def test_no_statement_pays_less_than_silence(answer: str, step: int, prompt: str) -> None:
    reward = CompositeReward(asked=True)
    silent = reward.score(render(WORK, answer), "42", prompt)
    stated = reward.score(render(f"{WORK}\nConfidence: {step / 20:g}", answer), "42", prompt)
    assert stated.confidence > silent.confidence == 0.0
    assert stated.structure == silent.structure


@pytest.mark.parametrize(
    "line",
    [
        "Confidence: 0.8",
        "Confidence: 1.0",
        "confidence: 80%",
        "Confidence: 0.8.",
        "<confidence>0.8</confidence>",
    ],
)
def test_a_stated_confidence_is_no_part_of_the_work(line: str) -> None:
    for work in (WORK, "6*7=42.", "So it is 42.", "Paris is the capital of France.", ""):
        plain = REWARD.score(render(work, "42"), "42", PENS).rubric
        assert REWARD.score(render(f"{work}\n{line}", "42"), "42", ASKING).rubric == plain


def test_a_broken_schema_never_pays() -> None:
    honest = REWARD.score(render(WORK, "42"), "42", PENS).total
    for completion in (
        f"<answer>42</answer><reasoning>{WORK}</reasoning>",
        render(WORK, "42") + " Hope this helps!",
        render(WORK, "42") + "<answer>42</answer>",
        f"<reasoning>{WORK}</reasoning><answer>42",
        "<answer>42</answer>",
        "42",
    ):
        assert REWARD.score(completion, "42", PENS).total < honest


_PIECE = st.sampled_from(
    ["<reasoning>", "</reasoning>", "<answer>", "</answer>", "6*7=42. ", "42", "41", "\n", "So ",
     "Confidence: 0.9", "Confidence: 0.05", "pens ", "x", "I guess", "=", "\u200b", "0.5"]
)  # fmt: skip
_COMPLETIONS = st.one_of(
    st.text(max_size=200),
    st.lists(_PIECE, max_size=20).map("".join),
    st.builds(
        lambda work, answer: f"<reasoning>{work}</reasoning>\n<answer>{answer}</answer>",
        st.lists(_PIECE, max_size=8).map("".join),
        st.sampled_from(["42", "41", "x", "", "4 2", "42 pens"]),
    ),
)


def _in_bounds(score: Score) -> bool:
    parts = (score.total, score.correctness, score.structure, score.confidence)
    stated = score.stated_confidence
    return all(0.0 <= part <= 1.0 for part in parts) and (stated is None or 0.0 < stated < 1.0)


@given(_COMPLETIONS, st.sampled_from(["42", "41", "x", ""]), st.sampled_from(["", PENS]))
def test_bounded_and_ordered(completion: str, gold: str, prompt: str) -> None:
    score = REWARD.score(completion, gold, prompt)
    assert _in_bounds(score)
    assert score.error == ""
    if score.correctness == 0.0:
        assert score.total <= 0.40
    if score.correctness == 1.0:
        assert score.total >= 0.60


@given(st.text(max_size=300), st.text(max_size=60), st.text(max_size=100))
def test_any_text_is_scored(completion: str, gold: str, prompt: str) -> None:
    score = REWARD.score(completion, gold, prompt)
    assert _in_bounds(score)
    assert score.error == ""


def test_a_failing_rubric_item_does_not_end_the_training() -> None:
    def broken(evidence: object) -> float:
        raise ZeroDivisionError("oops")

    rubric = Rubric().with_entry(Item("broken", 1.0, broken))
    score = CompositeReward(rubric=rubric).score(render(WORK, "42"), "42")
    assert (score.total, score.error) == (0.0, "ZeroDivisionError: oops")


def test_batch_equals_single_scores() -> None:
    completions, golds = [render(WORK, "42"), "", render("x", "41")], ["42", "42", "41"]
    batch = REWARD.score_batch(completions, golds, [PENS] * 3)
    assert batch == [REWARD.score(c, g, PENS) for c, g in zip(completions, golds, strict=True)]
    assert REWARD.score_batch(completions, golds)[1] == REWARD.score("", "42")


def test_callers_mistakes_are_named() -> None:
    with pytest.raises(RewardError, match="2, 1 and 2"):
        REWARD.score_batch(["a", "b"], ["1"])
    with pytest.raises(RewardError, match="None"):
        REWARD.score("a", None)  # type: ignore[arg-type]


GSM8K = os.environ.get("REASONING_GSM8K")


@pytest.mark.skipif(not GSM8K, reason="set REASONING_GSM8K to a folder with GSM8K's JSONL files")
def test_real_gsm8k_solutions() -> None:
    """Every solution is right, hardly any lacks structure, and no neighbour of a gold matches."""
    completions, golds, prompts = [], [], []
    for path in sorted(Path(str(GSM8K)).glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            rationale, gold = row["answer"].rsplit("####", 1)
            rationale = re.sub(r"<<.*?>>", "", rationale).strip()
            completions.append(render(rationale, gold.strip()))
            golds.append(gold.strip())
            prompts.append(row["question"])
    scores = REWARD.score_batch(completions, golds, prompts)
    assert all(score.correctness == 1.0 for score in scores)
    assert sum(score.structure >= 0.7 for score in scores) >= 0.95 * len(scores)
    neighbours = [str(int(gold.replace(",", "")) + 1) for gold in golds]
    assert not any(s.correctness for s in REWARD.score_batch(completions, neighbours, prompts))
