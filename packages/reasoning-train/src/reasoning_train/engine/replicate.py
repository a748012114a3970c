"""Keep the whole model on every chip instead of a part of it on each.

Frozen weights need neither gradients nor optimizer state, so beside LoRA they are small: 2 GB for
Gemma 3 1B in bfloat16. Sharded, they are gathered from the other chips at every decoded token.
"""

import jax
from flax import nnx
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from reasoning_train.engine.model import Policy


def forget_shardings(model: Policy) -> None:
    """Take the wishes for a layout off every weight, in place.

    Tunix's own layout for sampling still splits a single key-value head over the chips.
    """
    for _, variable in nnx.iter_graph(model):
        if isinstance(variable, nnx.Variable) and variable.has_metadata("out_sharding"):
            variable.set_metadata("out_sharding", None)


def replicate(model: Policy, mesh: Mesh) -> None:
    """Put all of the model on every device of the mesh, in place; adapters made later follow."""
    forget_shardings(model)
    everywhere = NamedSharding(mesh, PartitionSpec())
    nnx.update(model, jax.device_put(nnx.state(model), everywhere))
