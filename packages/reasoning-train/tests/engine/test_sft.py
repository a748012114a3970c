"""Every weight trained through Tunix's trainer, for real, in two steps."""

from pathlib import Path

import jax
import numpy as np
from flax import nnx

from reasoning_train.engine.checkpoint import restore_weights
from reasoning_train.engine.model import load_base
from reasoning_train.engine.optimizer import OptimizerSettings
from reasoning_train.engine.sft import SftBatch, run_sft

STEPS = 2
BATCH = SftBatch(
    np.array([[0, 2, 40, 50], [2, 60, 70, 80]], np.int32),
    np.array([[33, 5, 0], [55, 66, 5]], np.int32),
    np.array([[1, 1, 0], [1, 1, 1]], np.int32),
)


def test_all_weights_are_trained_and_come_back(gemma2_folder: Path, tmp_path: Path, mesh) -> None:  # type: ignore[no-untyped-def]
    model, fresh = (
        load_base(gemma2_folder, dtype="float32", remat=False, mesh=mesh) for _ in range(2)
    )
    before = [np.array(x) for x in jax.tree.leaves(nnx.state(model))]
    losses: list[float] = []
    done = run_sft(
        model,
        iter([BATCH] * STEPS),
        mesh=mesh,
        pad_id=0,
        columns=2,
        optimizer=OptimizerSettings(1e-2, STEPS, 0),
        checkpoints=tmp_path,
        save_every=STEPS,
        on_step=lambda step, values: losses.append(values["loss"]),
    )
    assert done == STEPS
    assert losses[1] < losses[0]
    after = jax.tree.leaves(nnx.state(model))
    assert all(np.any(a != b) for a, b in zip(after, before, strict=True))
    restore_weights(fresh, tmp_path / str(STEPS) / "model_params")
    for a, b in zip(jax.tree.leaves(nnx.state(fresh)), after, strict=True):
        np.testing.assert_array_equal(a, b)
