"""The weights that decoding uses are the policy's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax.sharding import Mesh

from reasoning_train.engine.decode.decoder import Decoder, Sampling
from reasoning_train.engine.decode.transformer import hidden_states
from reasoning_train.engine.decode.weights import (
    abstract_weights,
    bytes_beside,
    decoder_weights,
    model_shape,
)
from reasoning_train.engine.logps import completion_logps
from reasoning_train.engine.model import Policy, load_base
from reasoning_train.engine.replicate import replicate
from reasoning_train.models.tokenizer import pad_left, pad_right


def moved(policy: Policy) -> Policy:
    noise = jax.tree.map(
        lambda x: x + 0.05 * jax.random.normal(jax.random.PRNGKey(1), x.shape, x.dtype),
        nnx.state(policy, nnx.LoRAParam),
    )
    nnx.update(policy, noise)
    return policy


def in_bfloat16(policy: Policy) -> Policy:
    """Another policy with the weights of this one rounded."""
    graphdef, state = nnx.split(policy)
    return nnx.merge(graphdef, jax.tree.map(lambda x: x.astype(jnp.bfloat16), state))


def test_merged_or_apart_the_states_are_the_same(policy: Policy, mesh: Mesh) -> None:
    """In float32 adapters are merged; of the same numbers in bfloat16 they stay apart."""
    rounded = in_bfloat16(moved(policy))
    apart = jax.tree.map(lambda x: x.astype(jnp.float32), decoder_weights(rounded, mesh))
    graphdef, state = nnx.split(rounded)
    wide = nnx.merge(graphdef, jax.tree.map(lambda x: x.astype(jnp.float32), state))
    merged = decoder_weights(wide, mesh)
    assert apart.layers[0].qkv.down is not None
    assert merged.layers[0].qkv.down is None
    shape = model_shape(policy)
    tokens = jnp.arange(12)

    def states(weights) -> jax.Array:  # type: ignore[no-untyped-def]
        # Every token sees itself alone: attention is not what is compared.
        def attend(layer, queries, new):  # type: ignore[no-untyped-def]
            return new.values.repeat(shape.heads // shape.kv_heads, axis=-2)

        return hidden_states(shape, weights, tokens, tokens, attend)

    np.testing.assert_allclose(states(apart), states(merged), atol=2e-5)


def test_in_bfloat16_the_sampler_is_the_trainer_up_to_rounding(policy: Policy, mesh: Mesh) -> None:
    rounded = in_bfloat16(moved(policy))
    prompts = [[2, 60, 70, 80], [2, 40]] * 8
    decode = Decoder(rounded, mesh, prompt=8, completion=8)
    sampling = Sampling(jax.random.PRNGKey(0), 1.0)
    found = decode(prompts, stop=-1, never=0, sampling=sampling)
    rows = pad_left(prompts, 8, 0), pad_right([row.tolist() for row in found.tokens], 8, 0)
    expected = completion_logps(rounded, *map(jnp.array, rows), pad_id=0, never=0).logps
    difference = np.abs(np.array(found.logps) - np.asarray(expected))
    assert difference.mean() < 0.05
    assert difference.max() < 0.5


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_only_what_must_be_made_anew_is_a_copy(base_folder, mesh: Mesh, dtype: str) -> None:  # type: ignore[no-untyped-def]
    policy = load_base(base_folder, dtype=dtype, remat=False, mesh=mesh)
    replicate(policy, mesh)
    own = {id(x) for x in jax.tree.leaves(nnx.state(policy))}
    used = {id(x) for x in jax.tree.leaves(decoder_weights(policy, mesh))}
    beside = [x for x in jax.tree.leaves(nnx.state(policy)) if id(x) not in used]
    if dtype == "bfloat16":
        assert bytes_beside(policy) == sum(x.nbytes for x in beside)
        assert len(used - own) == len(policy.layers)
    else:
        assert bytes_beside(policy) == sum(x.nbytes for x in jax.tree.leaves(nnx.state(policy)))


def test_abstract_weights_have_the_real_ones_shapes(policy: Policy, mesh: Mesh) -> None:
    real = jax.tree.map(lambda x: (x.shape, x.dtype), decoder_weights(policy, mesh))
    shapes = jax.tree.map(lambda x: (x.shape, x.dtype), abstract_weights(policy, mesh))
    assert real == shapes
