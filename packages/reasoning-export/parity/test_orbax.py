"""The Orbax export, restored in a fresh process with the abstract trained state as its target."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from reasoning_export import export_orbax

RESTORE = """
import sys
sys.path.insert(0, sys.argv[1])
import conftest, jax, numpy as np, orbax.checkpoint as ocp
from flax import nnx

family, export, out = sys.argv[2:]
policy, config = conftest.MODELS[family]()
kind = nnx.Param
if not family.endswith("-full"):
    nnx.update(policy, conftest.randomise(nnx.state(policy, nnx.Param), seed=0, size=0.15))
    policy, kind = conftest.add_lora(policy, seed=5), nnx.LoRAParam
abstract = jax.tree.map(
    lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), nnx.state(policy, kind)
)
restored = ocp.StandardCheckpointer().restore(export, target=abstract)
nnx.update(policy, restored)
np.save(out, conftest.tunix_logits(policy, conftest.TOKENS))
"""


def test_the_restored_weights_give_the_recorded_logits(tunix_run, tmp_path):
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
