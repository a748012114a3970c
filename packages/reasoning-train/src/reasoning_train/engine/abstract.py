"""Models and optimizers as shapes: enough to trace and compile every step without weights."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.interpreters import pxla
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from tunix.models.gemma import model as gemma2
from tunix.sft.peft_trainer import PeftTrainer
from tunix.utils import sharding_utils

from reasoning_train.engine.gemma import Policy, model_class
from reasoning_train.engine.model import Lora, add_lora
from reasoning_train.engine.replicate import forget_shardings

T = TypeVar("T")


def abstract_policy(
    config: Any,
    lora: Lora | None,
    *,
    dtype: str,
    mesh: Mesh,
    replicated: bool,
    cls: type[Any] | None = None,
) -> Policy:
    """The policy that training would load, as shapes laid out over the mesh.

    Args:
        config: Tunix's configuration of its architecture.
        lora: Adapters; None where all weights are trained.
        dtype: Of the weights.
        mesh: Of devices that need not be attached.
        replicated: Whether every chip holds all of the weights.
        cls: Its class, if not ours.
    """

    def build() -> Policy:
        base = (cls or model_class(config))(config, rngs=nnx.Rngs(0))
        nnx.update(base, jax.tree.map(lambda x: x.astype(jnp.dtype(dtype)), nnx.state(base)))
        if replicated:
            forget_shardings(base)
        return base if lora is None else add_lora(base, lora, seed=0, mesh=mesh)

    with mesh:
        return _laid_out(nnx.eval_shape(build), mesh)


def abstract_trainer(
    build: Callable[[Policy], PeftTrainer], model: Policy, mesh: Mesh
) -> tuple[PeftTrainer, nnx.Optimizer[Policy]]:
    """The trainer that `build` makes of a model, and its optimizer as shapes."""
    made = []

    def optimizer_of(traced: Policy) -> Any:
        made.append(build(traced))
        return made[0].optimizer

    with mesh:
        optimizer = _laid_out(nnx.eval_shape(optimizer_of, model), mesh)
    return made[0], optimizer


def bytes_a_chip(tree: Any) -> int:
    """Bytes of a tree of shapes on one chip, without the padding of tiles."""
    return sum(
        int(np.prod(x.sharding.shard_shape(x.shape) if x.sharding else x.shape)) * x.dtype.itemsize
        for x in jax.tree.leaves(tree)
    )


def bytes_in_all(tree: Any) -> int:
    """Bytes of a tree of shapes, every array counted once."""
    return sum(x.size * x.dtype.itemsize for x in jax.tree.leaves(tree))


@contextmanager
def activation_shardings() -> Iterator[None]:
    """Keep the models' constraints on activations while tracing for chips that are not here.

    Tunix leaves them out where the default backend is a CPU, which it is on a laptop; without them
    the compiler lays activations out otherwise, and needs several times the memory.
    """
    stock = sharding_utils.shard, gemma2.shard
    sharding_utils.shard = gemma2.shard = _constrain
    try:
        yield
    finally:
        sharding_utils.shard, gemma2.shard = stock


def _constrain(x: jax.Array, axes: tuple[str | None, ...], eager: bool = False) -> jax.Array:
    mesh = pxla.thread_resources.env.physical_mesh
    sharding = NamedSharding(mesh, PartitionSpec(*axes))
    constrained: jax.Array = jax.lax.with_sharding_constraint(x, sharding)
    return constrained


def _laid_out(module: T, mesh: Mesh) -> T:
    """The module with every shape placed where its metadata say, as Tunix places arrays."""
    graphdef, state = nnx.split(module)
    placed = jax.tree.map(
        lambda x, spec: jax.ShapeDtypeStruct(
            x.shape, x.dtype, sharding=NamedSharding(mesh, spec or PartitionSpec())
        ),
        state,
        nnx.get_partition_spec(state),
    )
    merged: T = nnx.merge(graphdef, placed)
    return merged
