"""The update that Tunix's trainers make: the gradient of a whole batch, part by part, once.

Tunix accumulates with `optax.MultiSteps`, which has the optimizer see means of the parts' means and
never forgets a NaN: it clears its accumulator by multiplying with zero. Here the parts are a loop
within one step, so the loss, the gradient and its norm are those of the batch however it is cut,
nothing is left over between two steps, and a checkpoint holds no half of an update.
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from tunix.sft.peft_trainer import PeftTrainer

from reasoning_train.engine.model import Policy, trained_type
from reasoning_train.engine.optimizer import skipped

Metrics = dict[str, jax.Array]


def use_own_update(trainer: PeftTrainer, parts: int = 1) -> None:
    """Have a trainer make its updates with `update`.

    Args:
        trainer: Its loss must have auxiliary values, and add up: the loss and each of these, summed
            over the parts of a batch, must be those of the batch.
        parts: How many parts a batch goes through the loss in; they divide its rows.
    """

    def step(model: Policy, optimizer: nnx.Optimizer[Policy], inputs: Any) -> Any:
        return update(trainer, model, optimizer, inputs, parts)

    trainer.create_train_step_fn = lambda: step


def update(
    trainer: PeftTrainer,
    model: Policy,
    optimizer: nnx.Optimizer[Policy],
    inputs: Any,
    parts: int,
) -> tuple[jax.Array, Metrics, jax.Array]:
    """Update the model in place; the batch's loss, its metrics, and the norm of its gradient.

    A loss or gradient that is no finite number anywhere in the batch leaves weights and moments as
    they are. The metric `skipped`, 0 or 1, is what the optimizer's own state says of that.
    """
    graphdef, trained, others = nnx.split(model, trained_type(model), ...)  # type: ignore[misc]

    def loss_of(trained: Any, part: Any) -> tuple[jax.Array, Metrics]:
        # Variables made in this trace: recomputation writes into them, and may into no others.
        own = nnx.merge(graphdef, trained, jax.tree.map(lambda x: x, others))
        loss: tuple[jax.Array, Metrics] = trainer.loss_fn(own, **part)
        return loss

    def gradient_of(part: Any) -> Any:
        found, gradient = jax.value_and_grad(loss_of, has_aux=True)(trained, part)
        return found, jax.tree.map(lambda g: g.astype(jnp.float32), gradient)

    (loss, metrics), gradient = _sum_over_parts(
        gradient_of, trainer.gen_model_input_fn(inputs), parts
    )
    norm = optax.global_norm(gradient)
    usable = jnp.isfinite(loss) & jnp.isfinite(norm)
    # The optimizer counts what it skips, and it looks at gradients alone.
    optimizer.update(model, jax.tree.map(lambda g: jnp.where(usable, g, jnp.nan), gradient))
    return loss, {**metrics, "skipped": skipped(optimizer)}, norm


def _sum_over_parts(function: Any, inputs: Any, parts: int) -> Any:
    """The sum of `function` over the parts of a batch, one after another."""
    if parts == 1:
        return function(inputs)

    # Every parts-th row: where a batch's rows lie spread over chips, so do those of each part.
    cut = jax.tree.map(
        lambda x: x.reshape(len(x) // parts, parts, *x.shape[1:]).swapaxes(0, 1), inputs
    )

    def add(total: Any, part: Any) -> tuple[Any, None]:
        return jax.tree.map(jnp.add, total, function(part)), None

    shapes = jax.eval_shape(function, jax.tree.map(lambda x: x[0], cut))
    zeros = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), shapes)
    return jax.lax.scan(add, zeros, cut)[0]
