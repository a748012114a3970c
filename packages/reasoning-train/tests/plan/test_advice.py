"""The advisor asks the real compiler, tiny; what it says is checked against the compiler again."""

from reasoning_train.config import RunConfig
from reasoning_train.plan.advice import Advisor, Change, applied
from reasoning_train.plan.planner import Planner
from reasoning_train.plan.result import Plan


def test_a_change_is_written_into_its_section(config: RunConfig) -> None:
    changes = [
        Change("model.remat", False, True, ""),
        Change("evaluation.batch_size", 12, 32, ""),
    ]
    after = applied(config, changes)
    assert after.model.remat
    assert after.evaluation.batch_size == 32
    assert after.grpo == config.grpo


def test_rows_that_leave_too_little_memory_end_the_search(
    planner: Planner, plan: Plan, config: RunConfig
) -> None:
    advisor = Advisor(planner, config)
    # A chip with hardly more than what is known to be needed: 16 rows fit, whatever comes next.
    report = planner.report(planner.workload(config).sft_step(16))
    advisor._usable = report.needed * 1.0
    limit = advisor._limit("sft.batch_size", 16, planner.workload(config).sft_step, 0)
    assert (limit.value, limit.rows) == (16, 16)
    assert limit.refused == 32
    assert limit.rows_per_s > 0


def test_what_does_not_fit_at_all_is_told(planner: Planner, config: RunConfig) -> None:
    advisor = Advisor(planner, config)
    advisor._usable = 1.0
    limit = advisor._limit("sft.batch_size", 16, planner.workload(config).sft_step, 0)
    assert (limit.value, limit.rows, limit.refused) == (0, 0, 16)


def test_evaluation_takes_as_many_rows_as_the_rollouts(planner: Planner, config: RunConfig) -> None:
    (change,) = Advisor(planner, config)._evaluation_rows()
    assert (change.setting, change.after) == ("evaluation.batch_size", 32)
