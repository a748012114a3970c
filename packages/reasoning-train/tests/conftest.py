"""A tiny model that is real: the base that ships in the wheel."""

from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest
from flax import nnx
from hypothesis import settings

from reasoning_train.engine.generation import Lengths
from reasoning_train.engine.mesh import make_mesh
from reasoning_train.engine.model import Lora, Policy, add_lora, load_base
from reasoning_train.models import locate_base
from reasoning_train.tokenizer import Tokenizer

# A slow machine is no failure: a timing is a benchmark, not a test.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

LORA = Lora(rank=4, alpha=8.0, targets=".*q_einsum|.*down_proj")
QUESTION = "<start_of_turn>user\nTom has 12 pens.<end_of_turn>\n<start_of_turn>model\n"


@pytest.fixture(scope="session")
def base_folder() -> Path:
    return locate_base("tiny-gemma3").folder


@pytest.fixture(scope="session")
def tokenizer(base_folder: Path) -> Tokenizer:
    return Tokenizer(base_folder / "tokenizer.model")


@pytest.fixture(scope="session")
def mesh():  # type: ignore[no-untyped-def]
    return make_mesh()


@pytest.fixture(scope="session")
def loaded(base_folder: Path, mesh) -> Policy:  # type: ignore[no-untyped-def]
    base = load_base(base_folder, dtype="float32", remat=False, mesh=mesh)
    return add_lora(base, LORA, seed=0, mesh=mesh)


@pytest.fixture
def model(loaded: Policy) -> Iterator[Policy]:
    """The base with fresh adapters; they are fresh again after the test."""
    fresh = jax.tree.map(jnp.copy, nnx.state(loaded, nnx.LoRAParam))
    yield loaded
    nnx.update(loaded, fresh)


@pytest.fixture
def lengths() -> Lengths:
    return Lengths(prompt=24, completion=8)


@pytest.fixture
def prompt() -> str:
    return QUESTION
