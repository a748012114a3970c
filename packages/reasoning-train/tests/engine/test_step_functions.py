"""What is traced from shapes is the program that training compiles, letter by letter."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax.sharding import Mesh
from tunix.sft.peft_trainer import TrainingConfig
from tunix.sft.sharding_utils import shard_input

from reasoning_train.engine.abstract import abstract_policy, activation_shardings
from reasoning_train.engine.gemma import model_config
from reasoning_train.engine.generation import Lengths
from reasoning_train.engine.model import Lora, Policy, add_lora, load_base
from reasoning_train.engine.optimizer import OptimizerSettings
from reasoning_train.engine.sampler import RowSampler
from reasoning_train.engine.sft import NO_EVALUATION, SftBatch, make_sft_trainer
from reasoning_train.engine.step_functions import (
    PAD,
    STOP,
    AbstractSampler,
    Decoding,
    Ids,
    trace_sft_step,
)
from reasoning_train.loop.packing import PackedBatch

LORA = Lora(rank=4, alpha=8.0, targets=".*q_einsum|.*down_proj")
ROWS, LENGTHS, COLUMNS = 4, Lengths(prompt=24, completion=8), 4
OPTIMIZER = OptimizerSettings(learning_rate=1e-3, steps=10, warmup_steps=2)


@pytest.fixture(scope="module")
def real(base_folder: Path, mesh: Mesh) -> Policy:
    base = load_base(base_folder, dtype="bfloat16", remat=False, mesh=mesh)
    return add_lora(base, LORA, seed=0, mesh=mesh)


@pytest.fixture(scope="module")
def shapes(base_folder: Path, mesh: Mesh) -> Policy:
    config = model_config(base_folder, dtype=jnp.bfloat16, remat=False)
    return abstract_policy(config, LORA, dtype="bfloat16", mesh=mesh, replicated=False)


def test_shapes_types_and_layouts_are_the_real_models(real: Policy, shapes: Policy) -> None:
    def signature(model: Policy) -> object:
        return jax.tree.map(lambda x: (x.shape, x.dtype, x.sharding.spec), nnx.state(model))

    assert signature(real) == signature(shapes)


@pytest.mark.parametrize("packing", [0, 40])
def test_the_update(real: Policy, shapes: Policy, mesh: Mesh, packing: int) -> None:
    with mesh, activation_shardings():
        config = TrainingConfig(eval_every_n_steps=NO_EVALUATION)
        trainer = make_sft_trainer(
            real, config, OPTIMIZER, pad_id=PAD, columns=COLUMNS, packed=packing > 0
        )
        row = np.ones((ROWS, packing), np.int32)
        prompts, completions = (
            np.ones((ROWS, size), np.int32) for size in (LENGTHS.prompt, LENGTHS.completion)
        )
        one = SftBatch(prompts, completions, completions)
        batch = dict((PackedBatch(row, row, row) if packing else one).inputs)
        step, _ = trainer.jit_train_and_eval_step()
        cut = shard_input(batch, config.data_sharding_axis)
        run = step.func.lower(*step.args, cut).lowered.as_text()
    traced = trace_sft_step(
        shapes,
        mesh,
        rows=ROWS,
        lengths=LENGTHS,
        packing=packing,
        columns=COLUMNS,
        optimizer=OPTIMIZER,
    )
    assert traced.lowered.as_text() == run


def test_prefill(real: Policy, shapes: Policy, mesh: Mesh) -> None:
    sampler = RowSampler(real, Ids(), LENGTHS.cache, mesh)
    sampler.eos_ids = jnp.array([STOP])
    with mesh, activation_shardings():
        state = sampler.init_sample_state(
            jnp.ones((ROWS, LENGTHS.prompt), jnp.int32),
            total_sampling_steps=LENGTHS.cache,
            include_logits=False,
            forbidden_token_ids=(PAD,),
            temperature=1.0,
            top_p=1.0,
            top_k=None,
            seed=jax.random.PRNGKey(0),
            beam_size=None,
        )
        run = sampler._compiled_prefill_fn.lower(
            sampler._flattened_transformer_state, state, None, echo=False
        ).as_text()
    traced = AbstractSampler(
        shapes, mesh, rows=ROWS, lengths=LENGTHS, decoding=Decoding(1.0, 1.0)
    ).trace_prefill()
    assert traced.lowered.as_text() == run


def test_the_decoding_loop_of_one_device(shapes: Policy, mesh: Mesh) -> None:
    sampler = AbstractSampler(shapes, mesh, rows=ROWS, lengths=LENGTHS, decoding=Decoding(1.0, 1.0))
    # A number has no rows to split, not even where there is one device.
    assert "while" in sampler.trace_decode().lowered.as_text()
