"""Read trained weights back from a checkpoint, the way others will."""

from pathlib import Path

import jax
import orbax.checkpoint as ocp
from flax import nnx

from reasoning_train.engine.model import Policy, trained_type
from reasoning_train.errors import UserError


def restore_weights(model: Policy, model_params: Path) -> None:
    """Put the adapters (or, in a model without any, the weights) of `<step>/model_params` into it.

    Raises:
        UserError: If the checkpoint is unreadable or belongs to another model or other adapters.
    """
    target = jax.tree.map(
        lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=x.sharding),
        nnx.state(model, trained_type(model)),
    )
    try:
        restored = ocp.StandardCheckpointer().restore(model_params.absolute(), target)
    except (ValueError, KeyError, FileNotFoundError) as error:
        raise UserError(
            f"cannot restore {str(model_params)!r} into this model: {str(error).splitlines()[0]}"
        ) from error
    nnx.update(model, restored)
