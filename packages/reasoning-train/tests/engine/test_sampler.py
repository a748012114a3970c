"""The sampler over models as training has them."""

from pathlib import Path

import jax
import numpy as np
from jax.sharding import Mesh

from reasoning_train.engine.generation import Generator, Lengths
from reasoning_train.engine.model import load_base
from reasoning_train.models.tokenizer import Tokenizer


def test_a_model_that_recomputes_samples_like_one_that_does_not(
    base_folder: Path, gemma2_folder: Path, tokenizer: Tokenizer, mesh: Mesh, prompt: str
) -> None:
    """With recomputation stock's decoding loop cannot be traced."""
    for folder in (base_folder, gemma2_folder):
        rows = []
        for remat in (False, True):
            model = load_base(folder, dtype="float32", remat=remat, mesh=mesh)
            generator = Generator(model, tokenizer, Lengths(24, 4), mesh)
            key = jax.random.PRNGKey(1)
            rows.append(generator.sample([prompt] * 2, seed=key, temperature=1.0).tokens)
        for plain, recomputing in zip(*rows, strict=True):
            np.testing.assert_array_equal(plain, recomputing)
