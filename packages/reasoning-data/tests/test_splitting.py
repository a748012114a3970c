from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_data import DataError
from reasoning_data.splitting import Split, assign_split, check_fractions, normalise

THIRDS = check_fractions({"sft": 0.4, "grpo": 0.4, "eval": 0.2})


def test_the_assignment_is_pinned():
    """If this changes, rows of existing builds move between splits."""
    splits = [assign_split(f"question {i}", THIRDS).value for i in range(8)]
    assert splits == PINNED


PINNED = ["eval", "sft", "grpo", "sft", "eval", "sft", "sft", "sft"]


def test_shares_are_about_what_was_asked():
    counts = Counter(assign_split(f"question {i}", THIRDS) for i in range(5000))
    assert 0.37 < counts[Split.SFT] / 5000 < 0.43
    assert 0.17 < counts[Split.EVAL] / 5000 < 0.23


@given(st.text())
def test_case_and_white_space_do_not_matter(question):
    shouted = f"  {question}\n"
    assert assign_split(shouted, THIRDS) is assign_split(question, THIRDS)
    assert normalise(normalise(question)) == normalise(question)


@given(st.text(), st.floats(0, 0.8))
def test_moving_the_border_between_the_training_splits_keeps_the_evaluation(question, sft):
    other = check_fractions({"sft": sft, "grpo": 0.8 - sft, "eval": 0.2})
    before, after = assign_split(question, THIRDS), assign_split(question, other)
    assert (before is Split.EVAL) == (after is Split.EVAL)


def test_a_share_of_zero_gets_nothing():
    only = check_fractions({"grpo": 1.0})
    assert {assign_split(f"{i}", only) for i in range(500)} == {Split.GRPO}


@pytest.mark.parametrize(
    "fractions", [{"sft": 1, "test": 0}, {"sft": 0.5}, {"sft": 1.5, "eval": -0.5}, {}]
)
def test_fractions_that_make_no_sense_are_refused(fractions):
    with pytest.raises(DataError):
        check_fractions(fractions)


@given(st.text(), st.integers(0, 9))
def test_what_is_held_out_can_be_fixed_while_the_training_splits_move(question, seed):
    split = assign_split(question, THIRDS, seed, held_out_seed=0)
    assert (split is Split.EVAL) == (assign_split(question, THIRDS, 0) is Split.EVAL)


def test_training_splits_of_a_seed_of_their_own_have_their_shares():
    splits = [assign_split(f"question {i}", THIRDS, 7, held_out_seed=0) for i in range(5000)]
    counts = Counter(splits)
    assert 0.37 < counts[Split.SFT] / 5000 < 0.43
    assert splits != [assign_split(f"question {i}", THIRDS, 8, 0) for i in range(5000)]
