"""Layouts over eight devices, in a process of their own: this one has one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import json, sys
from pathlib import Path
import jax
from flax import nnx
from reasoning_train.engine.abstract import activation_shardings
from reasoning_train.engine.mesh import make_mesh
from reasoning_train.engine.model import Lora, add_lora, load_base
from reasoning_train.engine.replicate import replicate

mesh = make_mesh()
base = load_base(Path(sys.argv[1]), dtype="float32", remat=False, mesh=mesh)
split = sum(not x.sharding.is_fully_replicated for x in jax.tree.leaves(nnx.state(base)))
replicate(base, mesh)
with activation_shardings():
    model = add_lora(base, Lora(4, 8.0, ".*q_einsum|.*kv_einsum|.*down_proj"), seed=0, mesh=mesh)
left = sum(not x.sharding.is_fully_replicated for x in jax.tree.leaves(nnx.state(model)))
print(json.dumps({"split_before": split, "split_after": left}))
"""


@pytest.fixture(scope="module")
def found(base_folder: Path) -> dict[str, object]:
    environment = {
        **os.environ,
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_force_host_platform_device_count=8",
    }
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(base_folder)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    values: dict[str, object] = json.loads(result.stdout.splitlines()[-1])
    return values


def test_a_replicated_model_is_whole_on_every_device_adapters_too(found: dict[str, object]) -> None:
    assert found["split_before"] != 0
    assert found["split_after"] == 0
