"""One layer, planned once for a TPU v5e-8 with the real TPU compiler: seconds a function."""

import json

import pytest

from reasoning_train.config import RunConfig
from reasoning_train.plan.cache import ReportCache
from reasoning_train.plan.planner import Planner
from reasoning_train.plan.result import Plan
from reasoning_train.plan.silence import quiet_environment
from reasoning_train.plan.topology import slice_devices, topology_named

ARCHITECTURE = {
    "model_type": "gemma3_text",
    "num_hidden_layers": 1,
    "vocab_size": 512,
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 64,
    "sliding_window": 64,
    "rope_theta": 1e6,
    "rope_local_base_freq": 1e4,
}
SETTINGS = {
    "model": {"dtype": "bfloat16", "lora_rank": 4},
    "data": {"prompt_tokens": 24, "completion_tokens": 9},
    "sft": {"batch_size": 16},
    "grpo": {"batch_size": 8, "micro_batch": 4, "num_generations": 4, "kl_coefficient": 0.1},
    "evaluation": {"batch_size": 12},
}


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> RunConfig:
    folder = tmp_path_factory.mktemp("architecture")
    (folder / "config.json").write_text(json.dumps(ARCHITECTURE))
    model = SETTINGS["model"] | {"weights": str(folder)}
    return RunConfig.model_validate(SETTINGS | {"model": model})


@pytest.fixture(scope="session")
def planner(tmp_path_factory: pytest.TempPathFactory) -> Planner:
    pytest.importorskip("libtpu", reason="the extra `plan` is not installed")
    quiet_environment()
    topology = topology_named("v5e-8")
    cache = ReportCache(tmp_path_factory.mktemp("plans"))
    return Planner(topology, slice_devices(topology), cache, 0.5, lambda *_: None)


@pytest.fixture(scope="session")
def plan(planner: Planner, config: RunConfig) -> Plan:
    return Plan(config, planner.topology, planner.plan(config), planner.efficiency)
