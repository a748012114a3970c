"""The Orbax export, restored in a fresh process with the abstract LoRA state as its target."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from reasoning_export import export_orbax

RESTORE = """
import sys
sys.path.insert(0, sys.argv[1])
import conftest, jax, numpy as np, orbax.checkpoint as ocp, qwix
from flax import nnx
from safetensors.numpy import load_file

family, export, out = sys.argv[2:]
model, config = conftest.MODELS[family]()
provider = qwix.LoraProvider(
    module_path=conftest.TARGETS + "|.*qkv_einsum", rank=conftest.RANK, alpha=conftest.ALPHA
)
mesh = jax.make_mesh((1, 1), ("fsdp", "tp"), axis_types=(jax.sharding.AxisType.Auto,) * 2)
with mesh:
    nnx.update(model, conftest.randomise(nnx.state(model, nnx.Param), seed=0, size=0.15))
    lora_policy = qwix.apply_lora_to_model(
        model, provider, rngs=nnx.Rngs(5), **model.get_model_input()
    )
abstract = jax.tree.map(
    lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), nnx.state(lora_policy, nnx.LoRAParam)
)
restored = ocp.StandardCheckpointer().restore(export, target=abstract)
nnx.update(lora_policy, restored)
np.save(out, conftest.tunix_logits(lora_policy, conftest.TOKENS))
"""


def test_the_restored_lora_gives_the_recorded_logits(tunix_run, tmp_path):
    out = export_orbax(tunix_run.run, tmp_path / "out")
    latest = max((out / "actor").iterdir(), key=lambda path: int(path.name))
    subprocess.run(
        [
            sys.executable,
            "-c",
            RESTORE,
            str(Path(__file__).parent),
            tunix_run.family,
            str(latest / "model_params"),
            str(tmp_path / "logits.npy"),
        ],
        check=True,
    )
    np.testing.assert_array_equal(np.load(tmp_path / "logits.npy"), tunix_run.logits)
