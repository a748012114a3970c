import pytest

from reasoning_train.errors import UserError
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


def test_a_step_under_both_readings() -> None:
    rows = [*honest(3, 2, 1), *hacked(3, 1), record(3, "14", rewarded=False)]
    (step,) = divergence(rows)
    assert (step.step, step.n) == (3, 5)
    assert (step.reward_correct, step.independent_correct) == (0.6, 0.6)
    assert step.mean_total == pytest.approx(0.6)
    assert [d.kind for d in step.disagreements] == [Kind.REWARDED_WRONG, Kind.UNREWARDED_RIGHT]
    assert step.rewarded_wrong == 0.2


def test_the_best_paid_wrong_completion_is_remembered() -> None:
    rows = [record(1, a, rewarded=False, total=t) for a, t in (("3", 0.2), ("4", 0.9), ("5", 0.8))]
    (step,) = divergence([*rows, record(1, "14", rewarded=True, total=1.0)])
    (found,) = step.best_paid_wrong
    assert (found.kind, found.total) == (Kind.PAID_WRONG, 0.9)
    assert divergence([record(1, "14", rewarded=True)])[0].best_paid_wrong == ()


def test_means_of_the_components_that_all_records_have() -> None:
    rows = [record(1, "14", rewarded=r) | {"structure": 0.5} for r in (True, False)]
    assert divergence(rows)[0].components == {"correctness": 0.5, "structure": 0.5}
    assert divergence([*rows, record(1, "3", rewarded=False)])[0].components.keys() == {
        "correctness"
    }


def test_steps_come_in_order_and_predictions_are_one() -> None:
    shuffled = [*honest(2, 1, 0), *honest(10, 1, 0), *honest(1, 1, 0)]
    assert [s.step for s in divergence(shuffled)] == [1, 2, 10]
    prediction = {k: v for k, v in record(0, "14", rewarded=True).items() if k != "step"}
    assert [s.step for s in divergence([prediction])] == [0]


def test_a_record_without_a_field_is_named() -> None:
    with pytest.raises(UserError, match="without correctness, gold"):
        divergence([{"id": "a", "completion": "x", "total": 0.0}])
