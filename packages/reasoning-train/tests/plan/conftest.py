"""The tiny preset, planned once for a TPU v5e-8 with the real TPU compiler."""

from pathlib import Path

import pytest

from reasoning_train.config import RunConfig
from reasoning_train.plan.cache import ReportCache
from reasoning_train.plan.planner import Planner
from reasoning_train.plan.result import Plan
from reasoning_train.plan.silence import quiet_environment
from reasoning_train.plan.topology import slice_devices, topology_named

SETTINGS = {
    "model": {"dtype": "bfloat16", "lora_rank": 4},
    "data": {"prompt_tokens": 24, "completion_tokens": 9},
    "sft": {"batch_size": 16},
    "grpo": {"batch_size": 8, "micro_batch": 4, "num_generations": 4, "kl_coefficient": 0.1},
    "evaluation": {"batch_size": 12},
}


@pytest.fixture(scope="session")
def config() -> RunConfig:
    return RunConfig.model_validate(SETTINGS)


@pytest.fixture(scope="session")
def planner(tmp_path_factory: pytest.TempPathFactory) -> Planner:
    pytest.importorskip("libtpu", reason="the extra `plan` is not installed")
    quiet_environment()
    topology = topology_named("v5e-8")
    cache = ReportCache(Path(tmp_path_factory.mktemp("plans")))
    return Planner(topology, slice_devices(topology), cache, 0.5, lambda *_: None)


@pytest.fixture(scope="session")
def plan(planner: Planner, config: RunConfig) -> Plan:
    return Plan(config, planner.topology, planner.plan(config), planner.efficiency)
