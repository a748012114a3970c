"""Models in both worlds: Tunix's classes as this package loads them, and `transformers`' own."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from flax import nnx
from transformers import AutoModelForCausalLM

from reasoning_train.engine.logps import attention_inputs
from reasoning_train.engine.mesh import make_mesh
from reasoning_train.engine.model import load_base

Array = np.ndarray[Any, Any]


class Both:
    """One folder of weights, in float32, loaded by either side when it is first asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tunix = load_base(folder, dtype="float32", remat=False, mesh=make_mesh())
        # Eager attention: the default one leaves out Gemma 2's soft cap on attention.
        self.torch = AutoModelForCausalLM.from_pretrained(
            folder, attn_implementation="eager", dtype=torch.float32
        )

    def logits(self, tokens: Array) -> tuple[Array, Array]:
        """Of `[B, T]` left-padded with 0: Tunix's and torch's, float32."""

        @nnx.jit
        def forward(model: nnx.Module, tokens: jax.Array) -> jax.Array:
            positions, mask = attention_inputs((tokens != 0).astype(jnp.int32))
            return model(tokens, positions, None, mask)[0]  # type: ignore[operator]

        ours = np.asarray(forward(self.tunix, jnp.array(tokens)))
        real = torch.tensor(tokens != 0)
        positions = (real.cumsum(1) - 1).clamp(min=0)
        with torch.no_grad():
            theirs = self.torch(
                torch.tensor(tokens), attention_mask=real.long(), position_ids=positions
            ).logits.numpy()
        return ours, theirs


@pytest.fixture(scope="session")
def both() -> type[Both]:
    return Both
