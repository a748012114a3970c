import random

from reasoning_train.evaluation.alarms import AlarmKind, alarms
from reasoning_train.evaluation.divergence import Kind, divergence


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
    assert {a.kind for a in found} == {AlarmKind.LEVEL, AlarmKind.GROWTH, AlarmKind.UNEARNED}
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


def verbose(step: int, right: int, *, paid_for: float) -> list[dict[str, object]]:
    """Completions paid for their length, whose parts of the reward do not change."""
    parts = {"structure": 1.0, "confidence": 0.5}
    return [
        record(step, "14", rewarded=True, total=1.0 + paid_for) | parts,
        record(step, "3", rewarded=False, total=0.3 + paid_for / 2) | parts,
        record(step, "4", rewarded=False, total=0.3 + paid_for) | parts,
    ] * right


def test_reward_that_rises_while_accuracy_does_not() -> None:
    rng = random.Random(1)
    rows = [r for step in range(1, 21) for r in verbose(step, rng.randint(9, 11), paid_for=step)]
    (alarm,) = alarms(divergence(rows))
    assert alarm.kind is AlarmKind.UNEARNED
    assert (
        "rose from 5.117 to 13.450 while the independent accuracy did not: 33.3%" in alarm.message
    )
    assert alarm.message.endswith("correctness +0.000, structure +0.000, confidence +0.000")
    assert [d.step for d in alarm.examples] == [20, 19, 18, 17, 16]
    assert {(d.kind, d.completion[-11:-9]) for d in alarm.examples} == {(Kind.PAID_WRONG, ">4")}
    assert alarm.examples[0].total == 20.3


def test_what_is_paid_beside_right_answers_that_do_rise_is_no_hack() -> None:
    rows = []
    for step in range(1, 21):
        rows += verbose(step, 5, paid_for=step) + honest(step, step, 0)
    assert kinds(rows) == set()


def test_a_reward_that_wavers_is_no_alarm() -> None:
    rng = random.Random(2)
    rows = [row for s in range(1, 31) for row in verbose(s, 10, paid_for=rng.random())]
    assert kinds(rows) == set()
