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
from reasoning_train.engine.decode import decoder
from reasoning_train.engine.decode.weights import bytes_beside
from reasoning_train.engine.gemma import model_config
from reasoning_train.engine.generation import Lengths
from reasoning_train.engine.model import Lora, Policy, add_lora, load_base
from reasoning_train.engine.optimizer import OptimizerSettings
from reasoning_train.engine.sft import NO_EVALUATION, SftBatch, make_sft_trainer
from reasoning_train.engine.step_functions import (
    PAD,
    STOP,
    AbstractDecoder,
    Decoding,
    trace_sft_step,
)
from reasoning_train.loop.packing import PackedBatch

LORA = Lora(rank=4, alpha=8.0, targets=".*q_einsum|.*down_proj")
ROWS, GROUP, LENGTHS, COLUMNS = 4, 2, Lengths(prompt=24, completion=8), 4
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


def decoding_of(model: Policy, mesh: Mesh, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The programs that a real call runs, as they are lowered."""
    found = {}
    for name in ("prefill", "decode"):
        program = getattr(decoder, name)

        def spy(*given, shape, name=name, program=program):  # type: ignore[no-untyped-def]
            found[name] = program.lower(*given, shape=shape).as_text()
            return program(*given, shape=shape)

        monkeypatch.setattr(decoder, name, spy)
    made = decoder.Decoder(model, mesh, prompt=LENGTHS.prompt, completion=LENGTHS.completion)
    sampling = decoder.Sampling(jax.random.PRNGKey(0), 1.0)
    prompts = [[2] * LENGTHS.prompt, [2]] * GROUP
    made(prompts, stop=STOP, never=PAD, sampling=sampling)
    return found


def test_decoding(
    real: Policy, shapes: Policy, mesh: Mesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = decoding_of(real, mesh, monkeypatch)
    abstract = AbstractDecoder(
        shapes, mesh, rows=ROWS, lengths=LENGTHS, decoding=Decoding(GROUP, greedy=False)
    )
    assert abstract.trace_prefill().lowered.as_text() == run["prefill"]
    assert abstract.trace_decode().lowered.as_text() == run["decode"]


def test_the_bytes_of_decoding(real: Policy, shapes: Policy, mesh: Mesh) -> None:
    """Each prompt has one cache for its group; what decoding has otherwise lies beside it."""
    config = real.config
    decode = AbstractDecoder(
        shapes, mesh, rows=ROWS, lengths=LENGTHS, decoding=Decoding(GROUP, greedy=False)
    ).trace_decode()
    places = ROWS // GROUP * LENGTHS.prompt + ROWS * LENGTHS.completion
    two, bfloat16 = 2, 2
    layer = two * places * config.num_kv_heads * config.head_dim * bfloat16
    assert decode.arguments["kv_cache"] == config.num_layers * layer
    assert decode.beside == bytes_beside(real) > 0
