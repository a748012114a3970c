"""Tunix's own recipe as its notebooks have it, traced for comparison with ours.

Its trainers' default losses over whole logits, its sampler, its optimizer, no recomputation.
"""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax.sharding import Mesh
from tunix.generate.sampler import CacheConfig, Sampler
from tunix.models.gemma import model as gemma2
from tunix.models.gemma3 import model as gemma3
from tunix.rl import function_registry
from tunix.rl.grpo.grpo_learner import GRPOConfig, TrainExample
from tunix.rl.rl_cluster import RLTrainingConfig
from tunix.rl.trainer import Trainer
from tunix.sft import utils
from tunix.sft.peft_trainer import PeftTrainer, TrainingConfig, TrainingInput

from reasoning_train.engine.abstract import (
    abstract_trainer,
    activation_shardings,
    bytes_a_chip,
)
from reasoning_train.engine.gemma import Policy
from reasoning_train.engine.generation import Lengths
from reasoning_train.engine.mesh import rows_sharding
from reasoning_train.engine.sft import NO_EVALUATION
from reasoning_train.engine.step_functions import (
    PAD,
    STOP,
    StepFunction,
    model_bytes,
    token_rows,
    trace_update,
)

BOS, EOS = 2, 1
TEMPERATURE = 0.9


def stock_class(config: Any) -> type[Any]:
    """Tunix's own class for a configuration."""
    cls: type[Any] = gemma2.Gemma if isinstance(config, gemma2.ModelConfig) else gemma3.Gemma3
    return cls


def trace_stock_sft_step(model: Policy, mesh: Mesh, *, rows: int, lengths: Lengths) -> StepFunction:
    """One update of `PeftTrainer` with its default loss."""
    trainer, state = abstract_trainer(sft_trainer, model, mesh)
    batch = TrainingInput(
        input_tokens=token_rows(mesh, rows, lengths.cache),
        input_mask=token_rows(mesh, rows, lengths.cache, jnp.bool_),
    )
    return trace_update(trainer, model, state, batch, mesh)


def trace_stock_policy_step(
    model: Policy, mesh: Mesh, *, rows: int, generations: int, lengths: Lengths
) -> StepFunction:
    """One micro-step of GRPO with Tunix's loss and its KL to the reference."""
    trainer, state = abstract_trainer(lambda m: policy_trainer(m, generations), model, mesh)
    batch = TrainExample(
        prompt_ids=token_rows(mesh, rows, lengths.prompt),
        prompt_mask=token_rows(mesh, rows, lengths.prompt, jnp.bool_),
        completion_ids=token_rows(mesh, rows, lengths.completion),
        completion_mask=token_rows(mesh, rows, lengths.completion, jnp.bool_),
        advantages=jax.ShapeDtypeStruct((rows,), jnp.float32, sharding=rows_sharding(mesh, rows)),
        ref_per_token_logps=token_rows(mesh, rows, lengths.completion, jnp.float32),
        old_per_token_logps=None,
    )
    return trace_update(trainer, model, state, batch, mesh)


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


class StockSampler:
    """Tunix's sampler as its rollouts make it, over a model of shapes.

    Where its cache lies is left to the compiler.

    Args:
        model: The policy.
        mesh: Where it lies.
        rows: Prompts decoded together.
        lengths: Token limits.
    """

    def __init__(self, model: Policy, mesh: Mesh, *, rows: int, lengths: Lengths) -> None:
        config = model.config
        cache = CacheConfig(lengths.cache, config.num_layers, config.num_kv_heads, config.head_dim)
        self._mesh = mesh
        self._sampler = Sampler(model, Ids(), cache)
        self._sampler.eos_ids = jnp.array([STOP])
        self._state = self._sampling_state(rows, lengths)
        self._arguments = {**model_bytes(model), "kv_cache": bytes_a_chip(self._state.cache)}

    def trace_prefill(self) -> StepFunction:
        """The forward pass over the prompts, and the first token."""
        with self._mesh, activation_shardings():
            lowered = self._sampler._compiled_prefill_fn.lower(
                self._sampler._flattened_transformer_state, self._state, None, echo=False
            )
        return StepFunction(lowered, self._arguments)

    def trace_decode(self) -> StepFunction:
        """The loop over the completion's tokens, from what prefill leaves."""
        with self._mesh, activation_shardings():
            prefilled = jax.eval_shape(
                lambda params, state: self._sampler._prefill_fn(params, state, None, echo=False),
                self._sampler._flattened_transformer_state,
                self._state,
            )
            lowered = self._sampler._compiled_decode_fn.lower(
                self._sampler._flattened_transformer_state, prefilled
            )
        return StepFunction(lowered, self._arguments)

    def _sampling_state(self, rows: int, lengths: Lengths) -> Any:
        state = jax.eval_shape(
            lambda ids: self._sampler.init_sample_state(
                ids,
                total_sampling_steps=lengths.cache,
                include_logits=False,
                forbidden_token_ids=None,
                temperature=TEMPERATURE,
                top_p=1.0,
                top_k=None,
                seed=jax.random.PRNGKey(0),
                beam_size=None,
            ),
            jax.ShapeDtypeStruct((rows, lengths.prompt), jnp.int32),
        )
        # The number of prompt tokens is no array to jit but a part of the state's type.
        return dataclasses.replace(state, num_input_tokens=jnp.array(lengths.prompt))


def sft_trainer(model: Policy) -> PeftTrainer:
    config = TrainingConfig(eval_every_n_steps=NO_EVALUATION)
    return PeftTrainer(model, optax.adamw(1e-5), config).with_gen_model_input_fn(_model_input)


def _model_input(batch: TrainingInput) -> dict[str, Any]:
    real = batch.input_tokens != PAD
    return {
        "input_tokens": batch.input_tokens,
        "input_mask": batch.input_mask,
        "positions": utils.build_positions_from_mask(real),
        "attention_mask": utils.make_causal_attn_mask(real),
    }


def policy_trainer(model: Policy, generations: int) -> Trainer:
    training = RLTrainingConfig(
        actor_optimizer=optax.chain(optax.clip_by_global_norm(0.1), optax.adamw(3e-6)),
        eval_every_n_steps=NO_EVALUATION,
    )
    config = GRPOConfig(num_generations=generations, beta=0.08, epsilon=0.2)
    config.temperature = TEMPERATURE
    loss = function_registry.get_policy_loss_fn(config.policy_loss_fn)
    trainer = Trainer(model, training.actor_optimizer, training, dict)
    trainer.with_loss_fn(
        lambda model, train_example, algo_config: loss(
            model, train_example, algo_config=config, pad_id=PAD, eos_id=STOP
        ),
        has_aux=True,
    )
    trainer.with_gen_model_input_fn(lambda x: {"train_example": x, "algo_config": config})
    return trainer
