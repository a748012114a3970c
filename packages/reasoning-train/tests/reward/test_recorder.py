from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

from reasoning_rewards import CompositeReward, Rubric, render
from reasoning_rewards.structure import StructureScore
from reasoning_rewards.structure.evidence import Evidence
from reasoning_train.config.reward_schema import RewardSection
from reasoning_train.engine.grpo import Rollouts
from reasoning_train.errors import TrainingError
from reasoning_train.reward.recorder import RolloutRecorder
from reasoning_train.reward.schedule import RewardSchedule
from reasoning_train.reward.user_function import Outcome, RewardRow

RIGHT = render("1+1=2 pens.", "2")
WRONG = render("1+1=3 pens.", "3")


def rollouts(*completions: str) -> Rollouts:
    n = len(completions)
    return Rollouts(
        ids=["a"] * n,
        prompts=["How many pens are 1 and 1?"] * n,
        completions=list(completions),
        golds=["2"] * n,
        prompt_tokens=[10] * n,
        tokens=list(range(1, n + 1)),
        finished=[True] * (n - 1) + [False],
    )


@pytest.fixture
def recorder(tmp_path: Path) -> RolloutRecorder:
    return RolloutRecorder(RewardSchedule(RewardSection(), 10), 2, tmp_path / "rollouts", 20)


def kept(recorder: RolloutRecorder, step: int = 1) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(recorder.folder / f"{step:06d}.parquet").to_pylist()
    return rows


def test_rows_are_scored_kept_and_summed_up(recorder: RolloutRecorder) -> None:
    rows = rollouts(RIGHT, WRONG, RIGHT, RIGHT)
    totals = recorder(rows)
    scores = CompositeReward(asked=True).score_batch(rows.completions, rows.golds, rows.prompts)
    assert totals == [score.total for score in scores]

    records = kept(recorder)
    assert [r["completion"] for r in records] == rows.completions
    assert [r["tokens"] for r in records] == [1, 2, 3, 4]
    assert [r["finished"] for r in records] == [True, True, True, False]
    assert [r["total"] for r in records] == totals
    assert [r["stated_confidence"] for r in records] == [None] * 4
    assert {(r["step"], r["fault"], r["status"]) for r in records} == {(1, None, "well_formed")}

    means = recorder.means[1]
    assert means["reward/total"] == pytest.approx(sum(totals) / 4)
    assert means["reward/correctness"] == 0.75
    assert means["zero_variance_share"] == 0.5
    assert means["cut_share"] == 0.25
    assert (means["completion_tokens"], means["completion_tokens_max"]) == (2.5, 4.0)
    assert means["tokens"] == 50
    assert means["padding"] == 1 - 50 / 80
    assert means["well_formed"] == 1.0
    # One group of two differs by 1 in correctness: half of it to each side, times .60, over two.
    assert means["advantage/correctness"] == pytest.approx(0.15)
    assert means["calibration/share"] == 0.0
    assert not means.keys() & {"calibration/ece", "calibration/brier", "calibration/stated"}


def test_stated_confidences_are_kept_and_summed_up(recorder: RolloutRecorder) -> None:
    sure, unsure = (f" Confidence: {value}.</reasoning>" for value in (0.9, 0.3))
    texts = [RIGHT.replace("</reasoning>", sure), WRONG.replace("</reasoning>", unsure)]
    recorder(rollouts(*texts, RIGHT, WRONG))
    assert [r["stated_confidence"] for r in kept(recorder)] == [0.9, 0.3, None, None]
    means = recorder.means[1]
    assert means["calibration/share"] == 0.5
    assert means["calibration/brier"] == pytest.approx((0.1**2 + 0.3**2) / 2)
    assert means["calibration/stated"] == pytest.approx(0.6)
    assert means["calibration/auroc"] == 1.0


def test_without_a_wrong_answer_there_is_no_auroc(recorder: RolloutRecorder) -> None:
    recorder(rollouts(*[RIGHT.replace("</reasoning>", " Confidence: 0.9</reasoning>")] * 2))
    assert recorder.means[1]["calibration/stated"] == pytest.approx(0.9)
    assert "calibration/auroc" not in recorder.means[1]


def test_any_tool_reads_the_folder_and_half_a_file_is_not_among_its_files(
    recorder: RolloutRecorder,
) -> None:
    for _ in range(3):
        recorder(rollouts(RIGHT, WRONG))
    # What a process that was killed while it wrote leaves behind.
    (recorder.folder / ".000004.parquet.tmp").write_bytes(b"PAR1 and no more")
    table = pyarrow.dataset.dataset(recorder.folder).to_table()
    assert table["step"].to_pylist() == [1, 1, 2, 2, 3, 3]


def test_a_resumed_recorder_goes_on_and_forgets_what_came_later(
    recorder: RolloutRecorder,
) -> None:
    for _ in range(3):
        recorder(rollouts(RIGHT, WRONG))
    again = RolloutRecorder(recorder.rewards, 2, recorder.folder, 20, step=2)
    again.forget_later_steps()
    assert sorted(p.name for p in again.folder.iterdir()) == ["000001.parquet", "000002.parquet"]
    again(rollouts(WRONG, WRONG))
    assert set(again.means) == {3}


def test_groups_of_later_draws_take_the_place_of_the_first_ones(
    recorder: RolloutRecorder,
) -> None:
    recorder(rollouts(RIGHT, WRONG, RIGHT, RIGHT))
    assert recorder.means[1]["redraws"] == 0
    again = replace(rollouts(WRONG, WRONG, WRONG, RIGHT), ids=["b"] * 2 + ["c"] * 2, draw=1)
    recorder(again)
    # Until it is settled what is trained on, the step's own rollouts are kept.
    assert [r["id"] for r in kept(recorder)] == ["a"] * 4
    recorder.settle([(0, 0), (1, 1)])
    records = kept(recorder)
    assert [(r["id"], r["completion"]) for r in records] == [
        ("a", RIGHT), ("a", WRONG), ("c", WRONG), ("c", RIGHT),
    ]  # fmt: skip
    means = recorder.means[1]
    assert (means["redraws"], means["resampled_share"]) == (1.0, 0.5)
    assert (means["zero_variance_share"], means["reward/correctness"]) == (0.0, 0.5)
    recorder(rollouts(RIGHT, WRONG))
    assert set(recorder.means) == {1, 2}


class Even:
    """Stands where a user's function does: no value for every second row."""

    name, weight = "mine:even", 0.5

    def score(self, rows: list[RewardRow]) -> list[Outcome]:
        none = Outcome(None, "raised \ud800")
        return [none if i % 2 else Outcome(1.0) for i in range(len(rows))]


def test_rows_without_a_value_get_the_mean_of_their_group(recorder: RolloutRecorder) -> None:
    recorder.extra = (Even(),)  # type: ignore[assignment]
    plain = CompositeReward(asked=True).score(RIGHT, "2", "How many pens are 1 and 1?").total
    totals = recorder(rollouts(RIGHT, WRONG, RIGHT, RIGHT))
    assert totals == pytest.approx([plain + 0.5] * 4)
    assert recorder.means[1]["left_out"] == 0.5
    records = kept(recorder)
    assert [r["fault"] for r in records] == [None, "mine:even raised ?"] * 2
    assert [r["mine:even"] for r in records] == [1.0, None] * 2
    # A function that says the same of all rows pushes nowhere, and neither does a row without one.
    assert recorder.means[1]["reward/mine:even"] == 1.0
    assert recorder.means[1]["advantage/mine:even"] == 0.0
    assert recorder.means[1]["zero_variance_share"] == 1.0


def test_too_many_rows_without_a_value_stop_training(recorder: RolloutRecorder) -> None:
    recorder.extra = (Even(),)  # type: ignore[assignment]
    recorder.max_left_out = 0.4
    with pytest.raises(TrainingError, match=r"50% of the completions .* mine:even raised"):
        recorder(rollouts(RIGHT, WRONG))


def test_a_completion_that_breaks_the_composite_reward_is_left_out_and_counted(
    recorder: RolloutRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = Rubric.judge

    def breaking(self: Rubric, evidence: Evidence) -> StructureScore:
        if "3" in evidence.trace.reasoning:
            raise ZeroDivisionError("a bug")
        return judge(self, evidence)

    monkeypatch.setattr(Rubric, "judge", breaking)
    totals = recorder(rollouts(RIGHT, WRONG, RIGHT, RIGHT))
    assert totals[1] == totals[0]
    assert recorder.means[1]["left_out"] == 0.25
    assert [r["fault"] for r in kept(recorder)] == [
        None,
        "composite reward ZeroDivisionError: a bug",
        None,
        None,
    ]
