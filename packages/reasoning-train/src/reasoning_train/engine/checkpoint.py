"""Trained weights to and from a checkpoint, the way others read them."""

import hashlib
from pathlib import Path

import jax
import numpy as np
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


def save_weights(model: Policy, model_params: Path) -> None:
    """Write the adapters (or, in a model without any, the weights) as `<step>/model_params`.

    The folder appears in one move, whole.
    """
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(
            model_params.absolute(), nnx.state(model, trained_type(model)), force=True
        )


def trained_digest(model: Policy) -> str:
    """SHA-256 of the trained weights: their paths, shapes and values."""
    digest = hashlib.sha256()
    for path, leaf in sorted(nnx.to_flat_state(nnx.state(model, trained_type(model)))):
        values = np.asarray(leaf.get_value())
        digest.update(f"{path} {values.shape} {values.dtype}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def share_weights(model: Policy, other: Policy) -> None:
    """Let `model` use the trained weights that `other` has now, without copying them.

    An update of `other` gives its memory away: share again before each use.
    """
    if model is not other:
        nnx.update(model, nnx.state(other, trained_type(other)))
