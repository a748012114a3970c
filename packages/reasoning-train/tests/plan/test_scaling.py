import pytest

from reasoning_train.config import RunConfig
from reasoning_train.plan.cache import ReportCache
from reasoning_train.plan.planner import Planner
from reasoning_train.plan.result import Plan
from reasoning_train.plan.scaling import scaled
from reasoning_train.plan.topology import slice_devices, topology_named


@pytest.fixture(scope="module")
def two_hosts(
    planner: Planner, config: RunConfig, tmp_path_factory: pytest.TempPathFactory
) -> Plan:
    """The same batches on sixteen chips, from what compiles for them."""
    topology = topology_named("v5e-16")
    cache = ReportCache(tmp_path_factory.mktemp("plans"))
    sixteen = Planner(topology, slice_devices(topology), cache, 0.5, lambda *_: None)
    return Plan(config, topology, sixteen.plan(config, evaluation=False), 0.5)


def test_stages_are_held_to_the_first_slice(plan: Plan, two_hosts: Plan) -> None:
    found = {(s.stage, s.topology): s for s in scaled([plan, two_hosts])}
    grpo, again = found["grpo", "v5e-8"], found["grpo", "v5e-16"]
    assert grpo.speedup == 1.0
    assert again.speedup == pytest.approx(again.rows_per_s / grpo.rows_per_s)
    assert again.chips == 16
    assert all(0 <= s.sent_share < 1 for s in found.values())


def test_more_chips_compute_less_each_and_send_as_much(plan: Plan, two_hosts: Plan) -> None:
    def cost(of: Plan):  # type: ignore[no-untyped-def]
        return next(f.report.cost for f in of.functions if f.name == "sft_step")

    assert cost(two_hosts).flops < 0.6 * cost(plan).flops
    assert cost(two_hosts).sent_bytes > 0.9 * cost(plan).sent_bytes
