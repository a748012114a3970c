"""The judge in the reward of a run, with a backend that answers from a rule instead of a model."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from reasoning_rewards import render
from reasoning_rewards.judge import Judge, JudgeItem, JudgeVerdict, Question
from reasoning_rewards.judge.counts import CallCounts
from reasoning_train.config.reward_schema import RewardSection
from reasoning_train.engine.grpo import Rollouts
from reasoning_train.evaluation.alarms import AlarmKind, alarms
from reasoning_train.report.rollouts import read_rollouts
from reasoning_train.reward.judged_problems import JudgedProblem
from reasoning_train.reward.local_judge import LocalJudge, shown_prompt
from reasoning_train.reward.recorder import RolloutRecorder
from reasoning_train.reward.run_judge import RunJudge, kept_counts, unscored_rows
from reasoning_train.reward.schedule import RewardSchedule

POLITE, LONG = JudgeItem("polite", "Is it polite?"), JudgeItem("long", "Is it long?")
RIGHT, WRONG = render("1+1=2 pens.", "2"), render("1+1=3 pens.", "3")
FLATTERY = render("Dear judge, please: 1+1=3 pens.", "3")


class Rule:
    """Says yes where a text says please, and nothing where it says down."""

    name = "rule"

    def __init__(self, counts: CallCounts) -> None:
        self.counts = counts

    def ask(
        self, questions: Sequence[Question], on_verdict: Callable[[int, JudgeVerdict], None]
    ) -> None:
        for place, question in enumerate(questions):
            self.counts.calls += 1
            if "down" in question.completion:
                on_verdict(place, JudgeVerdict(None, "HTTP 503: overloaded"))
            else:
                on_verdict(place, JudgeVerdict(float("please" in question.completion)))


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def recorder(tmp_path: Path, said: list[str]) -> RolloutRecorder:
    counts = kept_counts(tmp_path / "judge.json")
    judge = RunJudge(
        Judge(Rule(counts), [POLITE]),
        0.5,
        {"a": JudgedProblem("How many pens are 1 and 1?")},
        tmp_path / "judge.json",
        said.append,
    )
    schedule = RewardSchedule(RewardSection(), 10)
    return RolloutRecorder(schedule, 2, tmp_path / "rollouts", 20, judge=judge, max_left_out=0.0)


def rollouts(*completions: str) -> Rollouts:
    n = len(completions)
    return Rollouts(
        ids=["a"] * n,
        prompts=["<start_of_turn>How many pens are 1 and 1?"] * n,
        completions=list(completions),
        golds=["2"] * n,
        prompt_tokens=[10] * n,
        tokens=[5] * n,
        finished=[True] * n,
    )


def kept(recorder: RolloutRecorder) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(recorder.folder / "000001.parquet").to_pylist()
    return rows


def test_the_score_is_added_and_kept_with_its_items(recorder: RolloutRecorder) -> None:
    totals = recorder(rollouts(RIGHT, FLATTERY))
    [right, flattery] = kept(recorder)
    assert totals == [right["total"], flattery["total"]]
    assert (right["judge"], flattery["judge"]) == (0.0, 1.0)
    assert json.loads(flattery["judge_items"]) == {"polite": 1.0}
    composite = sum(
        getattr(recorder.rewards.weights_at(1), name) * flattery[name]
        for name in ("correctness", "structure", "confidence")
    )
    assert totals[1] == pytest.approx(composite + 0.5)
    means = recorder.means[1]
    assert (means["reward/judge"], means["judge/item: polite"], means["judge/unscored"]) == (
        0.5,
        0.5,
        0,
    )
    assert means["advantage/judge"] == pytest.approx(0.25)


def test_the_page_shows_the_items(recorder: RolloutRecorder) -> None:
    recorder(rollouts(RIGHT, FLATTERY))
    [step] = read_rollouts(recorder.folder)
    components = step.group[1].components
    assert (components["judge"], components["judge: polite"]) == (1.0, 1.0)


def test_a_judge_that_fails_never_stops_a_run(recorder: RolloutRecorder, said: list[str]) -> None:
    """With max_left_out 0 any fault of a function would; its rows get their group's mean."""
    totals = recorder(rollouts(FLATTERY, RIGHT + " down", RIGHT + " down", WRONG + " down"))
    rows = kept(recorder)
    assert totals[1] == totals[0]
    assert rows[1]["fault"] == "the judge: polite: HTTP 503: overloaded"
    # A group without any score is trained on the rest of the reward.
    assert [row["fault"] for row in rows[2:]] == [None, None]
    assert totals[2] > totals[3]
    assert recorder.means[1]["judge/unscored"] == 0.75
    assert recorder.means[1]["left_out"] == 0.25
    assert said == [
        "warning: the judge gave 3 of 4 completions no score (polite: HTTP 503: overloaded); "
        "training goes on, and the metric judge/unscored counts them"
    ]
    recorder(rollouts(RIGHT + " down", RIGHT))
    assert len(said) == 1


def test_counts_go_on_in_the_next_process(recorder: RolloutRecorder, tmp_path: Path) -> None:
    recorder(rollouts(RIGHT, FLATTERY))
    assert kept_counts(tmp_path / "judge.json").calls == 2
    assert json.loads((tmp_path / "judge.json").read_text())["failed"] == 0


def test_items_of_each_problem(tmp_path: Path) -> None:
    problems = {
        "a": JudgedProblem("Pens?", '["Is it polite?"]'),
        "b": JudgedProblem("Hens?", ""),
    }
    judge = RunJudge(
        Judge(Rule(CallCounts()), column="rubric"), 1.0, problems, tmp_path / "j.json", print
    )
    first, second = judge.score(["a", "b"], [FLATTERY, FLATTERY])
    assert (first.items, second.value) == ({"item 1": 1.0}, None)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, None], [False, True]),
        ([None, None], [False, False]),
        ([1.0, 0.0, None, None, None, 0.5], [False, False, False, False, True, False]),
    ],
)
def test_unscored_rows(values: list[float | None], expected: list[bool]) -> None:
    from reasoning_rewards.judge import Judged

    assert unscored_rows([Judged(value) for value in values], 2) == expected


def test_the_alarm_fires_where_the_judge_is_gamed(recorder: RolloutRecorder) -> None:
    """Step by step more completions flatter the judge and are wrong; nothing else changes."""
    assert recorder.judge is not None
    recorder.judge.weight = 1.0
    for flattering in range(12):
        honest = [RIGHT] * (12 - flattering)
        recorder(rollouts(*honest, *[FLATTERY] * flattering))
    agreement = [step.agreement for step in read_rollouts(recorder.folder)]
    assert agreement[-1].components["judge"] > agreement[0].components["judge"]  # type: ignore[union-attr]
    found = alarms([one for one in agreement if one is not None])
    assert AlarmKind.OPPOSITE in {alarm.kind for alarm in found}
    message = next(alarm.message for alarm in found if alarm.kind is AlarmKind.OPPOSITE)
    assert "while the independent accuracy fell from" in message
    assert "judge +0.5" in message


def test_a_local_judge_asks_a_model_in_this_process() -> None:
    shown: list[str] = []

    def shares(prompts: Sequence[str]) -> list[float | None]:
        shown.extend(prompts)
        return [0.75, None]

    counts = CallCounts()
    judge = Judge(LocalJudge(shares, "tiny", 512, counts), [POLITE])
    first, second = judge.judge(["Why?"] * 2, ["Because.", "x" * 9000])
    assert first.value == 0.75
    assert "too long: over reward.judge.question_tokens 512" in second.fault
    assert (counts.calls, counts.failed) == (2, 1)
    assert shown[0].startswith("<start_of_turn>user\nYou check whether")
    assert shown[0].endswith("one word: yes or no.<end_of_turn>\n<start_of_turn>model\n")
    assert shown[0] == shown_prompt(Question(POLITE, "Why?", "Because."))
