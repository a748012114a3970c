import math

from reasoning_train.engine.trainer_metrics import StepCollector

NAMES = {"sft/train/loss": "loss", "sft/train/grad_norm": "grad_norm"}


def collect(events: list[tuple[str, float, int]]) -> list[tuple[int, dict[str, float]]]:
    steps: list[tuple[int, dict[str, float]]] = []
    collector = StepCollector(lambda step, values: steps.append((step, values)), NAMES)
    for event, value, step in events:
        collector.log_scalar(event, value, step=step)
    collector.close()
    return steps


def test_values_of_a_step_come_together_and_the_last_at_close() -> None:
    steps = collect(
        [("sft/train/loss", 2.0, 1), ("sft/train/grad_norm", 0.5, 1), ("sft/train/loss", 1.0, 2)]
    )
    assert steps == [(1, {"loss": 2.0, "grad_norm": 0.5}), (2, {"loss": 1.0})]


def test_other_events_are_not_ours() -> None:
    assert collect([("actor/train/loss", 2.0, 1)]) == []


def test_a_loss_that_is_not_finite_is_kept() -> None:
    assert math.isnan(collect([("sft/train/loss", math.nan, 1)])[0][1]["loss"])


def test_a_later_trainer_is_not_heard() -> None:
    steps: list[int] = []
    collector = StepCollector(lambda step, values: steps.append(step), NAMES)
    collector.log_scalar("sft/train/loss", 1.0, step=1)
    collector.close()
    collector.log_scalar("sft/train/loss", 1.0, step=1)
    collector.close()
    assert steps == [1]
