"""Read adapters back from a checkpoint, the way others will."""

from pathlib import Path

import jax
import orbax.checkpoint as ocp
from flax import nnx
from tunix.models.gemma3.model import Gemma3

from reasoning_train.errors import UserError


def restore_adapters(model: Gemma3, model_params: Path) -> None:
    """Put the adapters of `<step>/model_params` into the model.

    Raises:
        UserError: If the checkpoint is unreadable or belongs to other adapters.
    """
    target = jax.tree.map(
        lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=x.sharding),
        nnx.state(model, nnx.LoRAParam),
    )
    try:
        restored = ocp.StandardCheckpointer().restore(model_params.absolute(), target)
    except (ValueError, KeyError, FileNotFoundError) as error:
        raise UserError(
            f"cannot restore {str(model_params)!r} into this model: {str(error).splitlines()[0]}"
        ) from error
    nnx.update(model, restored)
