import pytest

from reasoning_train.config import RunConfig
from reasoning_train.plan.compiler import FunctionReport, Memory
from reasoning_train.plan.hlo.cost import Cost
from reasoning_train.plan.planner import PlannedFunction
from reasoning_train.plan.roofline import Estimate, estimate
from reasoning_train.plan.stages import stage_estimates
from reasoning_train.plan.topology import V5E

CONFIG = RunConfig.model_validate(
    {
        "budget": "9h",
        "sft": {"steps": 100},
        "grpo": {"steps": 5000, "batch_size": 8, "micro_batch": 2, "num_generations": 4},
        "evaluation": {"batch_size": 100},
        "data": {"eval_problems": 250},
    }
)


def planned(name: str, rows: int, seconds: float) -> PlannedFunction:
    memory = Memory({"weights": 1, "optimizer": 1}, 2, 1, 0, 0)
    report = FunctionReport(memory, memory.total, Cost(), 1.0, saved=7)
    whole = Estimate(seconds, 0.0, 0.0, 1.0)
    return PlannedFunction(name, rows, report, {}, whole, V5E.usable_bytes)


def test_stages_add_their_functions_up() -> None:
    functions = [
        planned("evaluation_prefill", 100, 1.0),
        planned("evaluation_decode", 100, 9.0),
        planned("sft_step", 64, 0.5),
        planned("rollout_prefill", 32, 0.5),
        planned("rollout_decode", 32, 3.0),
        planned("grpo_step", 8, 1.0),
    ]
    sft, grpo, evaluation = stage_estimates(CONFIG, functions)
    assert (sft.total_s, sft.steps_that_fit) == (50.0, 100)
    assert grpo.step_s == 0.5 + 3.0 + 1.0  # one update, whatever parts it goes through
    assert grpo.rows_per_s == 32 / 4.5
    assert grpo.steps_that_fit == int(4.5 * 3600 / 4.5) < grpo.steps
    assert (grpo.prompts, grpo.rows, grpo.tokens) == (8, 32, 32 * 104)
    assert evaluation.steps == 3 * 3
    assert evaluation.total_s == 90.0
    assert (sft.saved, grpo.saved, evaluation.saved) == (7, 7, 0)


def test_every_held_out_set_is_evaluated_at_every_stage() -> None:
    sets = ("own=rows:own.csv", "sums=arithmetic")
    config = CONFIG.model_copy(
        update={"data": CONFIG.data.model_copy(update={"evaluations": sets})}
    )
    functions = [
        planned("evaluation_prefill", 100, 1.0),
        planned("evaluation_decode", 100, 9.0),
        planned("sft_step", 64, 0.5),
        planned("rollout_prefill", 32, 0.5),
        planned("rollout_decode", 32, 3.0),
        planned("grpo_step", 8, 1.0),
    ]
    assert stage_estimates(config, functions)[-1].steps == 2 * 3 * 3


def test_samples_are_drawn_at_the_pace_of_rollouts_in_a_share_of_their_own() -> None:
    config = CONFIG.model_copy(
        update={
            "sampling": CONFIG.sampling.model_copy(update={"completions": 8, "batch_size": 10}),
            "own_traces": CONFIG.own_traces.model_copy(update={"steps": 40}),
        }
    )
    functions = [
        planned("evaluation_prefill", 100, 1.0),
        planned("evaluation_decode", 100, 9.0),
        planned("sft_step", 64, 0.5),
        planned("rollout_prefill", 32, 0.5),
        planned("rollout_decode", 32, 3.5),
        planned("grpo_step", 8, 1.0),
    ]
    names = [stage.name for stage in stage_estimates(config, functions)]
    assert names == ["sft", "sampling", "own-traces", "grpo", "evaluation"]
    _, sampling, own, grpo, _ = stage_estimates(config, functions)
    assert sampling.rows_per_s == 32 / 4.0  # as the rollouts, without the update
    assert (sampling.steps, sampling.prompts, sampling.rows) == (400, 10, 80)
    assert sampling.share_s == pytest.approx(1.5 * 3600)
    assert (own.total_s, own.saved) == (20.0, 7)
    assert grpo.share_s == pytest.approx(4 * 3600)
    assert not [
        s for s in stage_estimates(CONFIG, functions) if s.name in ("sampling", "own-traces")
    ]


def test_a_stage_that_the_clock_ends_fills_its_share() -> None:
    grpo = CONFIG.grpo.model_copy(update={"bound": "clock", "steps": 1})
    functions = [planned(name, 8, 1.5) for name in ("rollout_prefill", "rollout_decode")]
    functions += [planned("sft_step", 64, 0.5), planned("grpo_step", 8, 1.0)]
    stages = stage_estimates(CONFIG.model_copy(update={"grpo": grpo}), functions)
    found = {stage.name: stage for stage in stages}["grpo"]
    assert found.steps == found.steps_that_fit == int(4.5 * 3600 / 4.0)


def test_the_roofline_is_the_slower_of_computing_and_moving_plus_sending() -> None:
    cost = Cost(flops=197 * 10**12, hbm_bytes=819 * 10**9 * 3)
    whole = estimate(cost, V5E, efficiency=0.5)
    assert (whole.compute_s, whole.memory_s, whole.send_s) == (1.0, 3.0, 0.0)
    assert whole.total_s == 6.0
    assert whole.bound == "memory"
