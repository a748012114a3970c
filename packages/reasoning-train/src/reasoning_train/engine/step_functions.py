"""The functions that training compiles, traced from shapes alone.

Each comes from the very builder that the stages use: trainers make their own steps, decoding is the
same programs. Only the arrays are missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax.sharding import Mesh
from tunix.rl.grpo.grpo_learner import TrainExample
from tunix.rl.rl_cluster import RLTrainingConfig
from tunix.rl.trainer import Trainer
from tunix.sft.peft_trainer import PeftTrainer, TrainingConfig

from reasoning_train.engine.abstract import (
    abstract_trainer,
    activation_shardings,
    bytes_a_chip,
    bytes_in_all,
)
from reasoning_train.engine.decode.decoder import decode_shape, grouping
from reasoning_train.engine.decode.programs import decode, prefill
from reasoning_train.engine.decode.sampling import drawing_of
from reasoning_train.engine.decode.weights import abstract_weights, bytes_beside
from reasoning_train.engine.generation import Lengths
from reasoning_train.engine.grpo import GrpoSettings, policy_config
from reasoning_train.engine.logps import reference_logps
from reasoning_train.engine.mesh import rows_sharding
from reasoning_train.engine.model import Policy, trained_type
from reasoning_train.engine.optimizer import OptimizerSettings, make_optimizer
from reasoning_train.engine.policy_loss import teach_policy
from reasoning_train.engine.sft import NO_EVALUATION, make_sft_trainer

PAD, STOP = 0, 106
"""Gemma's ids; any would do, they only fill the program's constants."""


@dataclass(frozen=True, slots=True)
class StepFunction:
    """A traced function.

    Attributes:
        lowered: Ready to compile.
        arguments: Bytes a chip of what it is given, by kind: `weights`, `adapters`, `optimizer`,
            `kv_cache`, `batch`.
        saved: Bytes of the checkpoint that follows it, all chips together.
        beside: Bytes a chip of weights that lie in memory as training has them while decoding has
            them otherwise.
    """

    lowered: jax.stages.Lowered
    arguments: Mapping[str, int]
    saved: int = 0
    beside: int = 0


@dataclass(frozen=True, slots=True)
class Decoding:
    """How completions are made: `group` of each prompt, greedily or at a temperature."""

    group: int
    greedy: bool


def trace_sft_step(
    model: Policy,
    mesh: Mesh,
    *,
    rows: int,
    lengths: Lengths,
    packing: int = 0,
    columns: int,
    optimizer: OptimizerSettings,
) -> StepFunction:
    """One update on `rows` worked examples, or rows of `packing` tokens that hold several."""
    trainer, state = abstract_trainer(
        lambda traced: make_sft_trainer(
            traced,
            TrainingConfig(eval_every_n_steps=NO_EVALUATION),
            optimizer,
            pad_id=PAD,
            columns=columns,
            packed=bool(packing),
        ),
        model,
        mesh,
    )
    sizes = (
        {"tokens": packing, "segments": packing, "wanted": packing}
        if packing
        else {
            "prompt_ids": lengths.prompt,
            "completion_ids": lengths.completion,
            "wanted": lengths.completion,
        }
    )
    batch = {name: token_rows(mesh, rows, size) for name, size in sizes.items()}
    return trace_update(trainer, model, state, batch, mesh)


def trace_policy_step(
    model: Policy,
    mesh: Mesh,
    *,
    batch_size: int,
    lengths: Lengths,
    settings: GrpoSettings,
    optimizer: OptimizerSettings,
) -> StepFunction:
    """One update of GRPO on `batch_size` groups, `settings.micro_batch` of them at once."""
    trainer, state = abstract_trainer(
        lambda traced: policy_trainer(traced, batch_size, settings, optimizer),
        model,
        mesh,
    )
    rows = batch_size * settings.generations
    reference = token_rows(mesh, rows, lengths.completion, jnp.float32)
    batch = TrainExample(
        prompt_ids=token_rows(mesh, rows, lengths.prompt),
        prompt_mask=token_rows(mesh, rows, lengths.prompt, jnp.bool_),
        completion_ids=token_rows(mesh, rows, lengths.completion),
        completion_mask=token_rows(mesh, rows, lengths.completion, jnp.bool_),
        advantages=jax.ShapeDtypeStruct((rows,), jnp.float32, sharding=rows_sharding(mesh, rows)),
        ref_per_token_logps=reference if settings.kl_coefficient else None,
        old_per_token_logps=None,
    )
    return trace_update(trainer, model, state, batch, mesh)


def trace_reference(
    model: Policy, mesh: Mesh, *, rows: int, lengths: Lengths, temperature: float, columns: int
) -> StepFunction:
    """Log-probabilities of `rows` completions under the reference."""
    graphdef, state = nnx.split(model)
    with mesh, activation_shardings():
        lowered = reference_logps.lower(
            graphdef,
            state,
            token_rows(mesh, rows, lengths.prompt),
            token_rows(mesh, rows, lengths.completion),
            pad_id=PAD,
            temperature=temperature,
            columns=columns,
        )
    return StepFunction(lowered, model_bytes(model))


class AbstractDecoder:
    """The programs that decode with a model of shapes.

    Args:
        model: The policy.
        mesh: Where it lies.
        rows: Completions decoded together.
        lengths: Token limits.
        decoding: How completions are made.
    """

    def __init__(
        self, model: Policy, mesh: Mesh, *, rows: int, lengths: Lengths, decoding: Decoding
    ) -> None:
        self._mesh = mesh
        self._prompts, group = grouping(rows, decoding.group, mesh.shape["fsdp"])
        self._shape = decode_shape(
            model, mesh, group, lengths.prompt, lengths.completion, greedy=decoding.greedy
        )
        self._weights = abstract_weights(model, mesh)
        self._beside = bytes_beside(model)

    def trace_prefill(self) -> StepFunction:
        """The forward pass over the prompts, and the first token of each completion."""
        lowered = prefill.lower(*self._given(), shape=self._shape)
        weights = {"weights": bytes_a_chip(self._weights)}
        return StepFunction(lowered, weights, beside=self._beside)

    def trace_decode(self) -> StepFunction:
        """The loop over the completions' tokens, from what prefill leaves."""
        left = jax.eval_shape(partial(prefill, shape=self._shape), *self._given())
        prompts, rows = jax.tree.map(self._by_rows, left)
        number = jax.ShapeDtypeStruct((), jnp.int32)
        lowered = decode.lower(
            self._weights, prompts, rows, number, number, self._drawing(), shape=self._shape
        )
        cache = bytes_a_chip((prompts.caches, rows.caches))
        arguments = {"weights": bytes_a_chip(self._weights), "kv_cache": cache}
        return StepFunction(lowered, arguments, beside=self._beside)

    def _given(self) -> tuple[Any, ...]:
        """What prefill is given."""
        count, group = self._prompts, self._shape.group
        given = (
            jax.ShapeDtypeStruct((count, self._shape.prompt), jnp.int32),
            jax.ShapeDtypeStruct((count,), jnp.int32),
            jax.ShapeDtypeStruct((count, group, 2), jnp.uint32),
        )
        return (self._weights, *map(self._by_rows, given), self._drawing())

    def _drawing(self) -> Any:
        return jax.eval_shape(lambda: drawing_of(0.0, STOP, PAD))

    def _by_rows(self, x: Any) -> jax.ShapeDtypeStruct:
        return jax.ShapeDtypeStruct(
            x.shape, x.dtype, sharding=rows_sharding(self._mesh, x.shape[0])
        )


def policy_trainer(
    model: Policy, batch_size: int, settings: GrpoSettings, optimizer: OptimizerSettings
) -> Trainer:
    """The trainer as Tunix's cluster and learner make it, which themselves want real arrays."""
    training = RLTrainingConfig(
        actor_optimizer=make_optimizer(optimizer),
        eval_every_n_steps=NO_EVALUATION,
        mini_batch_size=batch_size,
    )
    config = policy_config(settings)
    config.temperature = settings.temperature
    trainer = Trainer(model, training.actor_optimizer, training, dict)
    parts = batch_size // settings.micro_batch
    teach_policy(trainer, config, pad_id=PAD, stop_id=STOP, parts=parts)
    return trainer


def trace_update(
    trainer: PeftTrainer, model: Policy, optimizer: nnx.Optimizer[Policy], batch: Any, mesh: Mesh
) -> StepFunction:
    # As PeftTrainer.jit_train_and_eval_step does, which would first lay real arrays out.
    step = nnx.jit(trainer.create_train_step_fn(), donate_argnames=("optimizer",))
    with mesh, activation_shardings():
        lowered = step.lower(model, optimizer, batch).lowered
    return StepFunction(
        lowered,
        {
            **model_bytes(model),
            "optimizer": bytes_a_chip(nnx.state(optimizer)),
            "batch": bytes_a_chip(batch),
        },
        saved=bytes_in_all(nnx.state(model, trained_type(model)))
        + bytes_in_all(nnx.state(optimizer)),
    )


def model_bytes(model: Policy) -> dict[str, int]:
    whole = bytes_a_chip(nnx.state(model))
    adapters = bytes_a_chip(nnx.state(model, nnx.LoRAParam))
    if trained_type(model) is not nnx.LoRAParam:
        return {"weights": whole}
    return {"weights": whole - adapters, "adapters": adapters}


def token_rows(mesh: Mesh, rows: int, length: int, dtype: Any = jnp.int32) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct((rows, length), dtype, sharding=rows_sharding(mesh, rows))
