"""The judge as a reward function, with a backend that answers from a table."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from reasoning_rewards.errors import RewardError
from reasoning_rewards.judge import Judge, JudgeItem, JudgeVerdict, Question
from reasoning_rewards.judge.counts import CallCounts
from reasoning_rewards.judge.verdict_cache import VerdictCache

LONG, SHORT = JudgeItem("long", "Is it long?", 3), JudgeItem("short", "Is it short?")


class Ruler:
    """Says yes to "long" for texts of over ten characters, and to "short" for others."""

    name = "ruler"

    def __init__(self) -> None:
        self.counts = CallCounts()
        self.asked: list[Question] = []

    def ask(
        self, questions: Sequence[Question], on_verdict: Callable[[int, JudgeVerdict], None]
    ) -> None:
        for place, question in enumerate(questions):
            self.asked.append(question)
            if question.completion == "crash":
                raise RuntimeError("out of memory")
            if question.completion != "silence":
                long = len(question.completion) > 10
                on_verdict(place, JudgeVerdict(float(long == ("long" in question.item.question))))


def test_conversations_and_plain_texts() -> None:
    judge = Judge(Ruler(), [LONG, SHORT])
    prompts = ["Why?", [{"role": "user", "content": "Why?"}]]
    completions = ["It is a long text.", [{"role": "assistant", "content": "No."}]]
    assert judge(prompts, completions, gold=["x", "y"]) == [0.75, 0.25]
    assert judge.__name__ == "judge"


def test_items_of_a_column_are_added_to_those_of_the_file() -> None:
    backend = Ruler()
    judge = Judge(backend, [LONG], column="rubric")
    cells = [[{"name": "short", "question": "Is it short?"}], None, '["long enough?"]']
    assert judge(["Why?"] * 3, ["No."] * 3, rubric=cells) == [0.25, 0.0, 0.0]
    assert [question.item.name for question in backend.asked] == ["long", "short", "item 1"]


def test_a_row_without_items_has_no_value_and_costs_nothing() -> None:
    backend = Ruler()
    judge = Judge(backend, column="rubric")
    [none, bad] = judge.judge(["Why?"] * 2, ["No."] * 2, [[], "be nice"])
    assert (none.value, none.fault) == (None, "no items")
    assert bad.value is None
    assert "must be a JSON list" in bad.fault
    assert not backend.asked


def test_a_backend_that_raises_or_stays_silent_leaves_rows_out() -> None:
    judge = Judge(Ruler(), [LONG])
    before, crash, after = judge.judge(["Why?"] * 3, ["No.", "crash", "No!"])
    assert before.value == 0.0
    assert (crash.value, crash.fault) == (None, "long: RuntimeError: out of memory")
    assert after.value is None
    assert judge.judge(["Why?"], ["silence"])[0].fault == "long: time limit: not asked in time"
    assert judge.counts.faults == {"RuntimeError": 2, "time limit": 1}


def test_verdicts_are_kept_on_disk_and_failures_are_not(tmp_path: Path) -> None:
    for expected in (2, 1):  # of the second process, only the crash is asked again
        backend = Ruler()
        judge = Judge(backend, [LONG], cache=VerdictCache(tmp_path / "judge.sqlite"))
        assert judge(["Why?"] * 2, ["No.", "crash"]) == [0.0, None]
        assert len(backend.asked) == expected
        judge.close()


def test_values_of_items_and_counts_are_logged() -> None:
    columns: dict[str, list[str]] = {}
    figures: dict[str, float] = {}
    judge = Judge(Ruler(), [LONG, SHORT])
    judge(
        ["Why?"] * 2,
        ["No.", "silence"],
        log_extra=lambda name, values: columns.update({name: values}),
        log_metric=lambda name, value: figures.update({name: value}),
    )
    assert [json.loads(text) for text in columns["judge_items"]] == [
        {"long": 0.0, "short": 1.0},
        {"long": None, "short": None},
    ]
    assert figures["judge/failed"] == 2.0


def test_wrong_use_is_said() -> None:
    with pytest.raises(RewardError, match="a judge needs items"):
        Judge(Ruler())
    with pytest.raises(RewardError, match="two items have the name 'long'"):
        Judge(Ruler(), [LONG, LONG])
    with pytest.raises(RewardError, match="no column 'rubric'"):
        Judge(Ruler(), column="rubric")(["Why?"], ["No."])
    with pytest.raises(RewardError, match="of one length, not 2, 1 and 2"):
        Judge(Ruler(), [LONG])(["Why?"] * 2, ["No."])
