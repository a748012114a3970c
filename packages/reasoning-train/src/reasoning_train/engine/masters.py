"""Keep fp32 masters of low-precision parameters inside the optimizer."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax


class MastersState(NamedTuple):
    """The fp32 parameters and the inner optimizer's state."""

    masters: optax.Params
    inner: optax.OptState


def with_fp32_masters(inner: optax.GradientTransformation) -> optax.GradientTransformation:
    """Run `inner` on fp32 copies of the parameters and move the parameters to where the copies are.

    qwix gives adapters the base's dtype, and Adam's moments follow. In bfloat16 a step of the usual
    size is smaller than half a unit in the last place of most weights, and is rounded away: the
    loss does not move and nothing says why.
    """

    def init(params: optax.Params) -> MastersState:
        # A copy even where nothing changes: the trainer donates this state and keeps the
        # parameters.
        masters = jax.tree.map(lambda x: jnp.array(x, dtype=jnp.float32, copy=True), params)
        return MastersState(masters, inner.init(masters))

    def update(
        updates: optax.Updates, state: MastersState, params: optax.Params | None = None
    ) -> tuple[optax.Updates, MastersState]:
        if params is None:
            raise ValueError("with_fp32_masters needs the parameters in update()")
        gradients = jax.tree.map(lambda g: g.astype(jnp.float32), updates)
        steps, inner_state = inner.update(gradients, state.inner, state.masters)
        masters = optax.apply_updates(state.masters, steps)
        # fp32 differences: apply_updates adds in fp32 and rounds once to the parameter's dtype.
        moves = jax.tree.map(lambda m, p: m - p.astype(jnp.float32), masters, params)
        return moves, MastersState(masters, inner_state)

    return optax.GradientTransformation(init, update)
