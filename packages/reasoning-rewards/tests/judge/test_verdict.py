"""Replies of judges, read with care: a doubt is no verdict."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_rewards.judge import JudgeItem
from reasoning_rewards.judge.verdict import Question, read_verdict

NONE = None


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ('{"met": true}', 1.0),
        ('{"met": false}', 0.0),
        ('```json\n{"met": true}\n```', 1.0),
        ('The text names it.\n{"reason": "it {does}", "met": "Yes."}', 1.0),
        ('{"verdict": "not met"}', 0.0),
        ('{"score": 0.25}', 0.25),
        ('{"met": 1}', 1.0),
        ('{"met": 7}', NONE),
        ('{"met": "perhaps"}', NONE),
        ('{"met": null}', NONE),
        ('{"met": true, "met": false}', NONE),
        ('{"met": true} or {"met": false}', NONE),
        ('{"met": true}{"met": true}', 1.0),
        ('{"other": true}', NONE),
        ("{met: true}", NONE),
        ('{"met": tr', NONE),
        ("yes", 1.0),
        ("No.", 0.0),
        ("**Yes**, because it says so", 1.0),
        ("The criterion is met: yes", 1.0),
        ("No, although some would say yes", NONE),
        ("There is no reason to think so", NONE),
        ('<think>{"met": true} at first</think>{"met": false}', 0.0),
        ("<think>yes yes yes", NONE),
        ("", NONE),
        ("{" * 5000, NONE),
    ],
)
def test_replies(reply: str, value: float | None) -> None:
    verdict = read_verdict(reply)
    assert verdict.value == value
    assert (verdict.fault == "") == (value is not None)


@given(st.text(alphabet='{}"met:truefalsyno [],.\n', max_size=80))
def test_no_reply_raises(reply: str) -> None:
    value = read_verdict(reply).value
    assert value is None or 0 <= value <= 1


def test_the_key_is_of_model_question_prompt_and_completion() -> None:
    base = Question(JudgeItem("a", "A?"), "p", "c")
    others = [
        Question(JudgeItem("a", "B?"), "p", "c"),
        Question(JudgeItem("a", "A?"), "q", "c"),
        Question(JudgeItem("a", "A?"), "p", "d"),
        Question(JudgeItem("a", "A?"), "pc", ""),
    ]
    keys = {question.key("m") for question in (base, *others)} | {base.key("n")}
    assert len(keys) == 6
    assert Question(JudgeItem("b", "A?", 3.0), "p", "c").key("m") == base.key("m")
