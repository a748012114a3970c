"""The real TPU compiler on the functions that training runs, tiny."""

from typing import Any

from reasoning_train.config import RunConfig
from reasoning_train.plan.planner import PlannedFunction, Planner
from reasoning_train.plan.result import Plan

CHIPS = 8


def function(plan: Plan, name: str) -> PlannedFunction:
    return next(f for f in plan.functions if f.name == name)


def changed(config: RunConfig, section: str, **values: Any) -> RunConfig:
    part = getattr(config, section).model_copy(update=values)
    return config.model_copy(update={section: part})


def test_every_function_of_a_run_is_there_and_fits(plan: Plan) -> None:
    assert {f.name: f.rows for f in plan.functions} == {
        "evaluation_prefill": 12,
        "evaluation_decode": 12,
        "sft_step": 16,
        "rollout_prefill": 32,
        "rollout_decode": 32,
        "reference": 32,
        "grpo_step": 16,
    }
    assert plan.fits
    assert all(f.report.memory and f.report.cost for f in plan.functions)


def test_the_kv_cache_lies_in_parts_on_the_chips(plan: Plan) -> None:
    """A prompt's once for its group of four; rows that do not divide are filled up."""
    heads, width, two_bytes = 1, 64, 2
    position = 2 * heads * width * two_bytes

    def cache(name: str) -> int:
        memory = function(plan, name).report.memory
        assert memory is not None
        return memory.arguments["kv_cache"]

    assert cache("rollout_decode") == (8 * 24 + 32 * 9) * position // CHIPS
    assert cache("evaluation_decode") == 16 * (24 + 9) * position // CHIPS
    assert any(hint.startswith("evaluation.batch_size") for hint in plan.hints)


def test_decoding_counts_every_token(plan: Plan) -> None:
    prefill, decode = (function(plan, f"rollout_{n}").report.cost for n in ("prefill", "decode"))
    assert prefill
    assert decode
    assert decode.open_loops == 1
    # A token of 4 rows a chip, 8 times, against 24 of one prompt; the head is applied once in
    # prefill, at every token in decoding.
    assert prefill.flops / 24 * 4 * 8 < decode.flops < prefill.flops * 4 * 8


def test_an_update_counts_forward_and_backward(plan: Plan) -> None:
    cost = function(plan, "sft_step").report.cost
    assert cost is not None
    layer = 2 * 128 * 128 + 2 * 128 * 64 + 3 * 128 * 256  # q, o, k, v, gate, up, down
    tokens = 16 * (24 + 9) // CHIPS
    # Forward, and backward for the activations only; the head once more on top, on 9 tokens of 33.
    head = 2 * 2 * 128 * 512 * 16 * 9 // CHIPS
    assert 1.0 < cost.flops / (2 * 2 * layer * tokens + head) < 1.5


def test_nothing_is_gathered_at_a_token(planner: Planner, plan: Plan, config: RunConfig) -> None:
    """Weights that lie in parts are gathered before: they are whole while decoding."""
    workload = planner.workload(changed(config, "model", placement="replicated"))
    _, decode = workload.rollout(32)
    replicated, sharded = planner.report(decode), function(plan, "rollout_decode").report
    for report in (replicated, sharded):
        assert report.cost
        # Only how many rows a chip has left.
        assert sum(c.sent for c in report.cost.collectives) < 1024
    assert replicated.memory
    assert sharded.memory
    assert replicated.memory.arguments == sharded.memory.arguments


def test_a_training_option_changes_the_plan(
    planner: Planner, plan: Plan, config: RunConfig
) -> None:
    before = function(plan, "sft_step").report
    after = planner.report(planner.workload(changed(config, "model", remat=True)).sft_step(16))
    assert before.cost
    assert after.cost
    assert after.cost.flops > 1.2 * before.cost.flops  # the forward pass once more


def test_the_second_plan_comes_from_the_cache(planner: Planner, plan: Plan) -> None:
    asked: list[str] = []
    again = Planner(
        planner.topology, planner._devices, planner.cache, 0.5, lambda name, *_: asked.append(name)
    )
    assert again.plan(plan.config) == list(plan.functions)
    assert not asked


def test_a_function_that_does_not_fit_says_what_it_would_need(
    planner: Planner, config: RunConfig
) -> None:
    report = planner.report(planner.workload(config).sft_step(2**24))
    assert report.memory is None
    assert report.needed > planner.topology.chip.usable_bytes
