"""The functions that training compiles, traced from shapes alone.

Each comes from the very builder that the stages use: trainers make their own steps, the sampler its
own prefill and decoding loop. Only the arrays are missing.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from tunix.generate.sampler import Sampler
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
from reasoning_train.engine.generation import Lengths
from reasoning_train.engine.grpo import GrpoSettings, policy_config
from reasoning_train.engine.logps import reference_logps
from reasoning_train.engine.mesh import rows_sharding
from reasoning_train.engine.model import Policy, trained_type
from reasoning_train.engine.optimizer import OptimizerSettings, make_optimizer
from reasoning_train.engine.policy_loss import teach_policy
from reasoning_train.engine.sampler import RowSampler
from reasoning_train.engine.sft import NO_EVALUATION, make_sft_trainer

PAD, BOS, EOS, STOP = 0, 2, 1, 106
"""Gemma's ids; any would do, they only fill the program's constants."""


@dataclass(frozen=True, slots=True)
class StepFunction:
    """A traced function.

    Attributes:
        lowered: Ready to compile.
        arguments: Bytes a chip of what it is given, by kind: `weights`, `adapters`, `optimizer`,
            `kv_cache`, `batch`.
        saved: Bytes of the checkpoint that follows it, all chips together.
    """

    lowered: jax.stages.Lowered
    arguments: Mapping[str, int]
    saved: int = 0


@dataclass(frozen=True, slots=True)
class Decoding:
    """How the sampler draws tokens: `top_p=None` is greedy."""

    temperature: float
    top_p: float | None


class Ids:
    """What the sampler's compiled functions need of a tokenizer."""

    def pad_id(self) -> int:
        return PAD

    def bos_id(self) -> int:
        return BOS

    def eos_id(self) -> int:
        return EOS

    def encode(self, text: str) -> list[int]:
        raise NotImplementedError("nothing is tokenized while planning")

    def decode(self, ids: list[int]) -> str:
        raise NotImplementedError("nothing is decoded while planning")


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
    return StepFunction(lowered, _model_bytes(model))


class AbstractSampler:
    """The sampler of the rollouts over a model of shapes.

    Args:
        model: The policy.
        mesh: Where it lies.
        rows: Prompts decoded together.
        lengths: Token limits.
        decoding: How tokens are drawn.
    """

    def __init__(
        self, model: Policy, mesh: Mesh, *, rows: int, lengths: Lengths, decoding: Decoding
    ) -> None:
        self._mesh = mesh
        self._rows = rows
        self._sampler = self._make_sampler(model, lengths)
        self._sampler.eos_ids = jnp.array([STOP])
        self._state = self._sampling_state(lengths, decoding)
        cache = bytes_a_chip(self._state.cache)
        self._arguments = {**_model_bytes(model), "kv_cache": cache}

    def trace_prefill(self) -> StepFunction:
        """The forward pass over the prompts, and the first token."""
        with self._mesh, activation_shardings():
            lowered = self._sampler._compiled_prefill_fn.lower(
                self._sampler._flattened_transformer_state, self._state, None, echo=False
            )
        return StepFunction(lowered, self._arguments)

    def trace_decode(self) -> StepFunction:
        """The loop over the completion's tokens, from what prefill leaves: rows over the chips."""
        with self._mesh, activation_shardings():
            prefilled = jax.eval_shape(
                lambda params, state: self._sampler._prefill_fn(params, state, None, echo=False),
                self._sampler._flattened_transformer_state,
                self._state,
            )
            lowered = self._sampler._compiled_decode_fn.lower(
                self._sampler._flattened_transformer_state, self._by_rows(prefilled)
            )
        return StepFunction(lowered, self._arguments)

    def _make_sampler(self, model: Policy, lengths: Lengths) -> Sampler:
        return RowSampler(model, Ids(), lengths.cache, self._mesh)

    def _sampling_state(self, lengths: Lengths, decoding: Decoding) -> Any:
        """The sampler's own initial state as shapes; the cache lies as the sampler lays it."""
        state = jax.eval_shape(
            lambda ids: self._sampler.init_sample_state(
                ids,
                total_sampling_steps=lengths.cache,
                include_logits=False,
                forbidden_token_ids=(PAD,),
                temperature=decoding.temperature,
                top_p=decoding.top_p,
                top_k=None,
                seed=jax.random.PRNGKey(0),
                beam_size=None,
            ),
            jax.ShapeDtypeStruct((self._rows, lengths.prompt), jnp.int32),
        )
        cache = self._by_rows(state.cache)
        # The number of prompt tokens is no array to jit but a part of the state's type.
        return dataclasses.replace(state, cache=cache, num_input_tokens=jnp.array(lengths.prompt))

    def _by_rows(self, tree: Any) -> Any:
        def place(x: Any) -> jax.ShapeDtypeStruct:
            by_rows = x.ndim and x.shape[0] == self._rows
            whole = NamedSharding(self._mesh, PartitionSpec())
            sharding = rows_sharding(self._mesh, self._rows) if by_rows else whole
            return jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=sharding)

        return jax.tree.map(place, tree)


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
            **_model_bytes(model),
            "optimizer": bytes_a_chip(nnx.state(optimizer)),
            "batch": bytes_a_chip(batch),
        },
        saved=bytes_in_all(nnx.state(model, trained_type(model)))
        + bytes_in_all(nnx.state(optimizer)),
    )


def _model_bytes(model: Policy) -> dict[str, int]:
    whole = bytes_a_chip(nnx.state(model))
    adapters = bytes_a_chip(nnx.state(model, nnx.LoRAParam))
    if trained_type(model) is not nnx.LoRAParam:
        return {"weights": whole}
    return {"weights": whole - adapters, "adapters": adapters}


def token_rows(mesh: Mesh, rows: int, length: int, dtype: Any = jnp.int32) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct((rows, length), dtype, sharding=rows_sharding(mesh, rows))
