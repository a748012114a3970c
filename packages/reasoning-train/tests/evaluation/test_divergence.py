import random

import pytest

from reasoning_train.errors import UserError
from reasoning_train.evaluation.divergence import AlarmKind, Kind, alarms, divergence


def record(
    step: int, answer: str, *, rewarded: bool, total: float | None = None
) -> dict[str, object]:
    return {
        "step": step,
        "id": f"p:{step}",
        "completion": f"<reasoning>so.</reasoning><answer>{answer}</answer>",
        "gold": "14",
        "correctness": float(rewarded),
        "total": float(rewarded) if total is None else total,
    }


def honest(step: int, right: int, wrong: int) -> list[dict[str, object]]:
    return [record(step, "14", rewarded=True)] * right + [record(step, "3", rewarded=False)] * wrong


def hacked(step: int, count: int) -> list[dict[str, object]]:
    return [record(step, "3", rewarded=True)] * count


def kinds(records: list[dict[str, object]]) -> set[AlarmKind]:
    return {alarm.kind for alarm in alarms(divergence(records))}


def test_a_step_under_both_readings() -> None:
    rows = [*honest(3, 2, 1), *hacked(3, 1), record(3, "14", rewarded=False)]
    (step,) = divergence(rows)
    assert (step.step, step.n) == (3, 5)
    assert (step.reward_correct, step.independent_correct) == (0.6, 0.6)
    assert step.mean_total == pytest.approx(0.6)
    assert [d.kind for d in step.disagreements] == [Kind.REWARDED_WRONG, Kind.UNREWARDED_RIGHT]
    assert step.rewarded_wrong == 0.2


def test_steps_come_in_order_and_predictions_are_one() -> None:
    shuffled = [*honest(2, 1, 0), *honest(10, 1, 0), *honest(1, 1, 0)]
    assert [s.step for s in divergence(shuffled)] == [1, 2, 10]
    prediction = {k: v for k, v in record(0, "14", rewarded=True).items() if k != "step"}
    assert [s.step for s in divergence([prediction])] == [0]


def test_honest_learning_is_quiet() -> None:
    rng = random.Random(0)
    rows = []
    for step in range(1, 31):
        right = rng.randint(step, step + 20)
        rows += honest(step, right, 64 - right)
        rows += hacked(step, rng.random() < 0.2)  # an odd reading now and then
    assert kinds(rows) == set()


def test_format_that_comes_late_is_no_hack() -> None:
    rows = []
    for step in range(1, 21):
        rows += [record(step, "14", rewarded=step > 10)] * 20
    assert kinds(rows) == set()


def test_a_hack_that_spreads_is_seen_with_its_completions() -> None:
    rows = []
    for step in range(1, 13):
        rows += honest(step, 20, 80) + hacked(step, max(0, step - 4))
    found = alarms(divergence(rows))
    assert {a.kind for a in found} == {AlarmKind.LEVEL, AlarmKind.GROWTH}
    growth = next(a for a in found if a.kind is AlarmKind.GROWTH)
    assert growth.p_value is not None
    assert growth.p_value < 0.01
    assert "grew from 0.5% to 5.2%" in growth.message
    assert growth.examples[0].step == 12
    assert {d.kind for d in growth.examples} == {Kind.REWARDED_WRONG}


def test_a_hack_from_the_first_step_is_seen_without_any_growth() -> None:
    rows = [row for step in (1, 2) for row in [*honest(step, 20, 60), *hacked(step, 20)]]
    (alarm,) = alarms(divergence(rows))
    assert alarm.kind is AlarmKind.LEVEL
    assert "40 of 80 completions" in alarm.message


def test_reward_that_rises_while_accuracy_falls() -> None:
    rows = []
    for step in range(1, 13):
        right = 40 - 2 * step
        rows += [record(step, "14", rewarded=True, total=0.6 + 0.03 * step)] * right
        rows += [record(step, "3", rewarded=False, total=0.2 + 0.05 * step)] * (50 - right)
    assert kinds(rows) == {AlarmKind.OPPOSITE}


def test_few_steps_and_no_steps_do_not_raise() -> None:
    assert alarms([]) == []
    assert alarms(divergence(honest(1, 1, 1))) == []


def test_a_record_without_a_field_is_named() -> None:
    with pytest.raises(UserError, match="without correctness, gold"):
        divergence([{"id": "a", "completion": "x", "total": 0.0}])
