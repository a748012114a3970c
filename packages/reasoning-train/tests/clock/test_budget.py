import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_train.clock.budget import STAGE_ENDS, Clock, parse_budget, stage_ends
from reasoning_train.errors import UserError


class FakeTime:
    """Clock that advances only when a test says so."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", None), ("90s", 90), ("20m", 1200), ("9h", 32400), ("1h30m", 5400), ("0.5h", 1800)],
)
def test_a_budget_is_read(text: str, seconds: float | None) -> None:
    assert parse_budget(text) == seconds


@pytest.mark.parametrize("text", ["9", "h", "9 h", "-1h", "20min", "0m", "m20"])
def test_a_wrong_budget_is_the_users(text: str) -> None:
    with pytest.raises(UserError, match="budget"):
        parse_budget(text)


def test_without_a_budget_everything_is_given() -> None:
    assert list(Clock().until_deadline(range(5), "sft")) == [0, 1, 2, 3, 4]


def test_time_of_earlier_processes_counts() -> None:
    now = FakeTime()
    clock = Clock(100.0, used_before=30.0, now=now)
    now.seconds += 5
    assert clock.elapsed == 35.0


def test_a_run_that_samples_shares_the_same_time_out_otherwise() -> None:
    plain, sampled = (stage_ends(sampling=on) for on in (False, True))
    assert list(plain) == ["setup", "sft", "grpo"]
    assert list(sampled) == ["setup", "sft", "sampling", "own-traces", "grpo"]
    assert sorted(sampled.values()) == list(sampled.values())
    assert (sampled["setup"], sampled["grpo"]) == (plain["setup"], plain["grpo"])
    assert Clock(9.0, ends=sampled).deadline("sampling") == pytest.approx(2.5)


def test_the_first_item_is_always_given() -> None:
    now = FakeTime()
    clock = Clock(90.0, used_before=89.0, now=now)
    assert list(clock.until_deadline(range(5), "sft")) == [0]


@given(
    st.lists(st.floats(0.1, 5.0), min_size=1, max_size=60),
    st.sampled_from(sorted(STAGE_ENDS)),
)
def test_no_step_but_a_longer_one_than_ever_overruns(durations: list[float], stage: str) -> None:
    now = FakeTime()
    clock = Clock(90.0, now=now)
    deadline = 90.0 * STAGE_ENDS[stage]
    begun: list[float] = []
    for seconds in clock.until_deadline(durations, stage):
        if begun:
            longest = max(begun[1:] or begun)  # the first one also compiles
            assert clock.elapsed + longest <= deadline
        begun.append(seconds)
        now.seconds += seconds


def test_what_was_compiled_is_not_needed_again() -> None:
    now, compiled = FakeTime(), FakeTime()
    clock = Clock(90.0, now=now, compiled=compiled)
    done = 0
    for _ in clock.until_deadline(range(100), "sft"):  # 30 seconds
        done += 1
        now.seconds += 21.0 if done == 1 else 2.0
        compiled.seconds += 19.0 if done == 1 else 0.0
    assert clock.elapsed == 29.0
    assert done == 5


def test_tracing_in_the_first_step_does_not_end_a_stage_early() -> None:
    now = FakeTime()
    clock = Clock(90.0, now=now)
    given_ = []
    for seconds in clock.until_deadline([20.0] + [1.0] * 100, "grpo"):
        given_.append(seconds)
        now.seconds += seconds
    assert clock.elapsed > clock.deadline("grpo") - 2.0
    assert clock.elapsed <= clock.deadline("grpo")


def test_the_longest_step_is_known_after_a_resume() -> None:
    now = FakeTime()
    first = Clock(90.0, now=now)
    for seconds in first.until_deadline([1.0, 9.0, 2.0], "grpo"):
        now.seconds += seconds
    assert first.longest == {"grpo": 9.0}
    # 75 s are GRPO's end; 13.5 s are kept for a step.
    for used, made in ((61.0, 4), (62.0, 3)):
        again = Clock(90.0, used_before=used, now=FakeTime(), longest=dict(first.longest))
        assert len(list(again.until_deadline(range(4), "grpo", start=3))) == made
    # A stage that has made nothing yet makes one step all the same.
    again = Clock(90.0, used_before=80.0, now=FakeTime(), longest=dict(first.longest))
    assert len(list(again.until_deadline(range(4), "grpo"))) == 1


def test_skipped_items_are_no_steps() -> None:
    now = FakeTime()
    clock = Clock(90.0, now=now)
    for step in clock.until_deadline(range(4), "sft", start=2):
        now.seconds += 5.0 if step == 2 else 1.0
    assert clock.longest == {"sft": 1.0}


def test_a_validation_is_no_part_of_a_step_and_grpo_keeps_room_for_one() -> None:
    now = FakeTime()
    clock = Clock(90.0, now=now)
    for done in clock.until_deadline(range(1, 100), "grpo"):
        now.seconds += 2.0
        if done % 5 == 0:
            with clock.timed("validation"):
                now.seconds += 8.0
    assert clock.longest == {"grpo": 2.0, "validation": 8.0}
    assert clock.elapsed + 8.0 <= clock.deadline("grpo")
    assert clock.elapsed + 8.0 + 2 * 2.0 + 8.0 > clock.deadline("grpo")


def test_grpo_ends_early_enough_for_an_evaluation_as_long_as_the_longest() -> None:
    now = FakeTime()
    clock = Clock(90.0, now=now)
    assert clock.deadline("grpo") == 75.0
    with clock.timed("evaluation"):
        now.seconds += 4.0
    assert clock.deadline("grpo") == 75.0
    with clock.timed("evaluation"):
        now.seconds += 20.0
    assert clock.deadline("grpo") == 85.0 - 1.5 * 20.0
    assert clock.fits(20.0, "evaluation")
    now.seconds += 40.0
    assert not clock.fits(20.0, "evaluation")
    assert Clock().fits(1e9, "evaluation")
