import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_rewards import CompositeReward, RewardError, render
from reasoning_rewards.columns.golds import UnreadableGolds, is_readable, read_golds, unreadable

GSM8K = "He buys 5 packs of 7 pens.\n5 * 7 = <<5*7=35>>35 pens.\n#### 35"


@pytest.mark.parametrize(
    ("gold", "texts"),
    [
        ("35", ("35",)),
        (GSM8K, ("35",)),
        (GSM8K.encode(), ("35",)),
        (np.bytes_(GSM8K.encode()), ("35",)),
        ("#### 1,250", ("1,250",)),
        ("a\n####-3", ("-3",)),
        ("#### 34 is wrong.\n#### 35", ("35",)),
        ("work\n#### 5\nThe answer is: 5", ("5",)),
        (b"35", ("35",)),
        (np.str_("35"), ("35",)),
        (np.int32(35), ("35",)),
        (np.float64(3.5), ("3.5",)),
        (np.float32(0.7), ("0.7",)),
        (np.array(35), ("35",)),
        (np.array(b"35"), ("35",)),
        (np.array(["35"]), ("35",)),
        (np.array([b"35", b"36"]), ("35", "36")),
        (np.array(["Oslo", "Kristiania"], dtype=object), ("Oslo", "Kristiania")),
        (np.array([0.1, 0.2], dtype=np.float32), ("0.1", "0.2")),
        (35, ("35",)),
        (3.5, ("3.5",)),
        (Fraction(7, 2), ("7/2",)),
        (10**30, (str(10**30),)),
        (True, ("True",)),
        (False, ("False",)),
        (np.bool_(False), ("False",)),
        (["35"], ("35",)),
        ((35, "thirty-five"), ("35", "thirty-five")),
        ([GSM8K, b"#### 36"], ("35", "36")),
        (frozenset({"b", "a"}), ("a", "b")),
        ('["\\\\frac{1}{2}", "0.5"]', ("\\frac{1}{2}", "0.5")),
        ("[1, 2]", ("[1, 2]",)),
        ('["a"', ('["a"',)),
        ('["a", 2, "b"]', ('["a", 2, "b"]',)),
        ("", ("",)),
    ],
)
def test_golds_of_every_kind(gold: object, texts: tuple[str, ...]) -> None:
    assert read_golds(gold) == texts
    assert all(type(text) is str for text in read_golds(gold))


@pytest.mark.parametrize(
    "gold",
    [
        None, {}, {"text": "35"}, object(), [None], [["35"]], [{"text": "35"}], b"\xff\xfe", 1 + 2j,
        np.zeros((2, 2)), np.array([["35"]]), np.array(None), np.datetime64("2020-01-01"),
        float("nan"), np.float32("inf"), [float("inf")], [], (), np.array([]), Decimal("Infinity"),
    ],
)  # fmt: skip
def test_anything_else_is_one_clear_line(gold: object) -> None:
    with pytest.raises(RewardError) as caught:
        read_golds(gold)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


@given(st.text())
def test_a_text_without_mark_is_itself(text: str) -> None:
    if "####" not in text and not text.startswith('["'):
        assert read_golds(text) == (text,)


@given(st.lists(st.text("abc 019.,-", min_size=1), min_size=1))
def test_a_list_of_golds_is_the_same_in_any_container(texts: list[str]) -> None:
    expected = tuple(texts)
    assert read_golds(texts) == read_golds(expected) == expected
    assert read_golds([text.encode() for text in texts]) == expected
    assert read_golds(np.array(texts, dtype=object)) == expected


@pytest.mark.parametrize(
    "gold",
    [GSM8K, b"35", np.bytes_(b"35"), np.array("35"), ["34", "35"], 35, np.float32(35), {"35"}],
)
def test_the_reward_takes_every_kind(gold: object) -> None:
    reward = CompositeReward()
    right, wrong = render("5 * 7 = 35.", "35"), render("5 * 7 = 35.", "33")
    assert reward.score(right, gold) == reward.score(right, "35")
    assert reward.score(right, gold).correctness == 1.0
    assert reward.score(wrong, gold).correctness == 0.0


@pytest.mark.parametrize(
    ("gold", "right", "wrong"),
    [(True, "yes", "no"), (np.bool_(False), "No.", "True"), ([True], "True", "maybe")],
)
def test_booleans_are_yes_and_no(gold: object, right: str, wrong: str) -> None:
    reward = CompositeReward()
    assert reward.score(render("Iron sinks.", right), gold).correctness == 1.0
    assert reward.score(render("Iron sinks.", wrong), gold).correctness == 0.0


@pytest.mark.parametrize(
    ("gold", "readable"),
    [
        ("35", True), ("Paris", True), ("x^2", True), ("(1, 2)", True), ("yes", True),
        ("", False), (" \n", False), ("?", False), ("\u200b", False), ("[]", False),
        ("٣٥", False), ("word " * 41, False),
    ],
)  # fmt: skip
def test_which_golds_can_be_read(gold: str, readable: bool) -> None:
    assert is_readable(gold) is readable


def test_a_batch_without_a_gold_that_can_be_read_is_said_once() -> None:
    reward = CompositeReward()
    with pytest.warns(UserWarning, match=r"no gold answer can be read.*first is '\?'"):
        reward.score_batch(["a", "b"], ["?", ""])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reward.score_batch(["a", "b"], ["", ""])
        CompositeReward().score_batch(["a", "b"], ["", "35"])
        CompositeReward().score_batch([], [])


def test_the_warning_waits_for_the_first_batch_that_needs_it() -> None:
    check = UnreadableGolds()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check.check([("35",)])
    with pytest.warns(UserWarning, match="no gold answer"):
        check.check([("",)])
    assert unreadable([("", "35"), ("",)]) == unreadable([]) == ""
