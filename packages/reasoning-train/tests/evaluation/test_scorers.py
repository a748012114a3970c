"""The harness's rules, written down here once more the way it applies them, and GSM8K itself."""

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_train.evaluation.independent import independent_correct
from reasoning_train.evaluation.scorers import (
    exact_match,
    extract_flexible,
    extract_strict,
    lm_eval_flexible,
    lm_eval_strict,
)

GSM8K = os.environ.get("REASONING_GSM8K", "")
TEXTS = st.text(st.sampled_from("0123456789.,$-# \nab["), max_size=60)


def filtered(pattern: str, which: int, text: str) -> str:
    """A regex filter: of all matches one, of its groups the first that is not empty."""
    found = re.findall(pattern, text)
    if not found:
        return "[invalid]"
    match = found[which]
    return (match if isinstance(match, str) else next(m for m in match if m)).strip()


def normalised(text: str) -> str:
    for pattern in (",", r"\$", "(?s).*#### ", r"\.$"):
        text = re.sub(pattern, "", text)
    return text.lower()


@given(TEXTS)
def test_extraction_is_that_of_the_task(text: str) -> None:
    assert extract_strict(text) == filtered(r"#### (\-?[0-9\.\,]+)", 0, text)
    assert extract_flexible(text) == filtered(r"(-?[$0-9.,]{2,})|(-?[0-9]+)", -1, text)


@given(TEXTS, TEXTS)
def test_equality_is_that_of_the_task(one: str, other: str) -> None:
    assert exact_match(one, other) is (normalised(one) == normalised(other))
    assert exact_match(one, f"so {one}\n#### {one}")


@pytest.mark.parametrize(
    ("completion", "strict", "flexible"),
    [
        ("9 * 2 = 18\n#### 18", True, True),
        ("#### 18\n#### 19", True, False),  # the first mark, and the last number
        ("#### $18", False, True),
        ("the answer is $18.", False, True),
        ("<reasoning>9*2=18.</reasoning><answer>18</answer>", False, True),
        ("18.0", False, False),
        ("36/2", False, False),
        ("", False, False),
    ],
)
def test_oddities_are_kept(completion: str, strict: bool, flexible: bool) -> None:
    assert lm_eval_strict(completion, "18") is strict
    assert lm_eval_flexible(completion, "18") is flexible


def test_a_megabyte_without_a_mark_is_read_in_a_moment() -> None:
    assert not lm_eval_flexible("." * 1_000_000, "18")
    assert not lm_eval_strict("#" * 1_000_000, "18")


@pytest.mark.skipif(not GSM8K, reason="REASONING_GSM8K is not set to a folder with GSM8K's JSONL")
@pytest.mark.parametrize(("split", "rows"), [("train", 7473), ("test", 1319)])
def test_every_real_solution_is_right_to_every_scorer(split: str, rows: int) -> None:
    lines = (Path(GSM8K) / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()
    solutions = [json.loads(line)["answer"] for line in lines]
    assert len(solutions) == rows
    for solution in solutions:
        gold = solution.rpartition("#### ")[2]
        assert extract_strict(solution) == filtered(r"#### (\-?[0-9\.\,]+)", 0, solution)
        assert extract_flexible(solution) == filtered(r"(-?[$0-9.,]{2,})|(-?[0-9]+)", -1, solution)
        for reference in (solution, gold):
            assert lm_eval_strict(solution, reference)
            assert lm_eval_flexible(solution, reference)
        assert independent_correct(solution, gold)
