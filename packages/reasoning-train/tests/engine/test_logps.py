from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from tunix.rl import common

from reasoning_train.engine.gemma import Gemma2, Policy
from reasoning_train.engine.generation import Generator, Lengths
from reasoning_train.engine.logps import (
    attention_inputs,
    completion_logps,
    packed_logps,
    reference_logps,
)
from reasoning_train.engine.model import load_base, trained_type
from reasoning_train.engine.sft import packed_loss, sft_loss
from reasoning_train.loop.packing import Example, packed_batches
from reasoning_train.models.tokenizer import Tokenizer, pad_left, pad_right

PROMPTS = jnp.array([[0, 0, 2, 40, 50], [2, 60, 70, 80, 90]])
COMPLETIONS = jnp.array([[33, 44, 5, 0, 0, 0, 0], [55, 66, 77, 88, 99, 111, 5]])
MASK = COMPLETIONS != 0


def whole_logits(model: Policy, temperature: float) -> tuple[jax.Array, jax.Array]:
    """Tunix's own log-probabilities, and the entropy of its logits."""
    graphdef, state = nnx.split(model)
    logps, logits = common.compute_per_token_logps(
        graphdef, state, PROMPTS, COMPLETIONS, 0, 1,
        stop_gradient=False, return_logits=True, temperature=temperature,
    )  # fmt: skip
    logs = jax.nn.log_softmax(logits.astype(jnp.float32))
    return logps, -jnp.sum(jnp.exp(logs) * logs, axis=-1)


@pytest.mark.parametrize("columns", [1, 3, 16])
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_equal_to_whole_logits(policy: Policy, columns: int, temperature: float) -> None:
    expected_logps, expected_entropy = whole_logits(policy, temperature)
    found = completion_logps(
        policy, PROMPTS, COMPLETIONS, pad_id=0, temperature=temperature, columns=columns
    )
    assert found.logps.shape == found.entropy.shape == (2, 7)
    np.testing.assert_allclose(found.logps, expected_logps * MASK, atol=2e-5)
    np.testing.assert_allclose(found.entropy, expected_entropy * MASK, atol=2e-5)


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_trained_and_reference_log_probabilities_are_those_of_the_sampler(
    policy: Policy, tokenizer: Tokenizer, mesh, prompt: str, temperature: float
) -> None:  # type: ignore[no-untyped-def]
    """Of a policy that never says padding; a random Gemma 2 would say it often."""
    pad_id = tokenizer.pad_id
    drawn = Generator(policy, tokenizer, Lengths(24, 6), mesh).sample(
        [prompt] * 4, seed=jax.random.PRNGKey(2), temperature=temperature
    )
    rows = (
        jnp.array(drawn.prompt_ids),
        pad_right([row.tolist() for row in drawn.tokens], 6, pad_id),
    )
    settings = {"pad_id": pad_id, "temperature": temperature, "columns": 2}
    found = completion_logps(policy, *rows, never=pad_id, **settings)
    assert np.all(found.entropy >= 0)
    reference = reference_logps(*nnx.split(policy), *rows, **settings)
    np.testing.assert_allclose(reference, found.logps, atol=2e-5)
    assert drawn.logps is not None
    for row, ours, theirs in zip(drawn.tokens, found.logps, drawn.logps, strict=True):
        np.testing.assert_allclose(ours[: len(row)], theirs, atol=1e-5)


def test_only_what_is_wanted_is_computed(model: Policy) -> None:
    wanted = MASK & jnp.array([[True], [False]])
    found = completion_logps(model, PROMPTS, COMPLETIONS, pad_id=0, wanted=wanted)
    whole = completion_logps(model, PROMPTS, COMPLETIONS, pad_id=0)
    for some, every in zip(found, whole, strict=True):
        np.testing.assert_allclose(some, every * wanted, atol=2e-5)


@pytest.fixture(params=["gemma3", "gemma2"])
def bare(request: pytest.FixtureRequest, mesh) -> Policy:  # type: ignore[no-untyped-def]
    """Each family without adapters: all of it is trained, the head too."""
    folder = "base_folder" if request.param == "gemma3" else "gemma2_folder"
    return load_base(request.getfixturevalue(folder), dtype="float32", remat=False, mesh=mesh)


def test_gradient_of_adapters_equal_to_whole_logits(policy: Policy) -> None:
    moved = jax.tree.map(lambda x: x + 0.01, nnx.state(policy, nnx.LoRAParam))
    nnx.update(policy, moved)  # B = 0 would give A no gradient
    assert_same_gradients(policy)


def test_gradient_of_all_weights_equal_to_whole_logits(bare: Policy) -> None:
    assert_same_gradients(bare)


def assert_same_gradients(policy: Policy) -> None:
    weights = jnp.array([0.3, 1.7])[:, None] * MASK

    def chunked(model: Policy) -> jax.Array:
        logps = completion_logps(
            model, PROMPTS, COMPLETIONS, pad_id=0, temperature=0.7, columns=3
        ).logps
        return jnp.sum(logps * weights)

    def whole(model: Policy) -> jax.Array:
        return jnp.sum(whole_logits(model, 0.7)[0] * weights)

    ours, theirs = (
        jax.tree.leaves(nnx.grad(loss, argnums=nnx.DiffState(0, trained_type(policy)))(policy))
        for loss in (chunked, whole)
    )
    for a, b in zip(ours, theirs, strict=True):
        scale = float(jnp.abs(b).max())
        assert scale > 0
        np.testing.assert_allclose(a / scale, b / scale, atol=2e-5)


def test_padding_has_no_influence(model: Policy) -> None:
    more = jnp.pad(PROMPTS, ((0, 0), (3, 0)))
    short = completion_logps(model, PROMPTS, COMPLETIONS, pad_id=0).logps
    long = completion_logps(model, more, COMPLETIONS, pad_id=0).logps
    np.testing.assert_allclose(short * MASK, long * MASK, atol=2e-5)


def test_a_padding_token_amid_a_row_is_a_token(policy: Policy) -> None:
    """What stands after it keeps its position, and what it attends to."""
    prompt, completion = [2, 60, 0, 80], [55, 0, 77, 0, 99]
    tokens = jnp.array([[*prompt, *completion]])
    size = tokens.shape[1]
    causal = jnp.tril(jnp.ones((1, size, size), bool))
    logits = policy(tokens, jnp.arange(size)[None], None, causal)[0]
    expected = [
        float(jax.nn.log_softmax(logits[0, len(prompt) - 1 + i])[token])
        for i, token in enumerate(completion)
    ]
    rows = jnp.array([[0, 0, *prompt]]), jnp.array([[*completion, 0, 0]])
    found = completion_logps(policy, *rows, pad_id=0).logps
    np.testing.assert_allclose(found, [[*expected, 0.0, 0.0]], atol=2e-5)


def test_the_model_is_left_as_it_was(model: Policy) -> None:
    before = nnx.graphdef(model)
    completion_logps(model, PROMPTS, COMPLETIONS, pad_id=0)
    assert nnx.graphdef(model) == before


def test_positions_do_not_count_padding() -> None:
    positions, mask = attention_inputs(jnp.array([[0, 0, 1, 1]]))
    assert positions.tolist() == [[0, 0, 0, 1]]
    assert mask[0, 3].tolist() == [False, False, True, True]


def test_examples_in_one_row_do_not_see_each_other(policy: Policy) -> None:
    """Packed, each has the log-probabilities and the loss that it has alone."""
    prompts, completions = PROMPTS[:, 2:], COMPLETIONS[:, :3]
    alone = completion_logps(policy, prompts, completions, pad_id=0).logps
    rows = [Example(p.tolist(), c.tolist()) for p, c in zip(prompts, completions, strict=True)]
    (batch, *_) = packed_batches(rows * 6, rows=2, length=14, pad_id=0)
    found = packed_logps(policy, batch.tokens, batch.segments, batch.wanted != 0, columns=2).logps
    assert batch.segments.max() == 2
    assert not np.any(found * (batch.wanted == 0))
    for row in range(2):
        for number in (1, 2):
            here = (batch.segments[row] == number) & (batch.wanted[row] == 1)
            which = [one.completion for one in rows].index(batch.tokens[row][here].tolist())
            np.testing.assert_allclose(found[row][here], alone[which], atol=2e-5)
    loss = packed_loss(policy, batch.tokens, batch.segments, batch.wanted, columns=2)
    every = jnp.ones_like(completions)
    expected = sft_loss(policy, prompts, completions, every, pad_id=0, columns=2)
    np.testing.assert_allclose(loss, expected, atol=2e-5)


def test_packed_value_and_gradient_are_those_of_an_example_a_row(bare: Policy) -> None:
    """Also where a row is longer than Gemma 3's window of 64 (Gemma 2's rows never are)."""
    rng = np.random.default_rng(0)
    examples = [
        Example(rng.integers(10, 400, p).tolist(), rng.integers(10, 400, c).tolist())
        for p, c in rng.integers(3, 28, (40, 2))
    ]
    length = 64 if isinstance(bare, Gemma2) else 128
    batch = next(packed_batches(examples, rows=2, length=length, pad_id=0))
    assert batch.segments.max() > 1
    prompts, completions = [], []
    for tokens, segments, wanted in zip(batch.tokens, batch.segments, batch.wanted, strict=True):
        for number in range(1, segments.max() + 1):
            here = segments == number
            prompts.append(tokens[here & (wanted == 0)].tolist())
            completions.append(tokens[here & (wanted == 1)].tolist())
    completed = pad_right(completions, 28, 0)
    alone = pad_left(prompts, 28, 0), completed, completed != 0
    packed = nnx.value_and_grad(partial(packed_loss, **batch.inputs, columns=3))
    unpacked = nnx.value_and_grad(lambda model: sft_loss(model, *alone, pad_id=0, columns=2))
    (value, gradient), (expected, expected_gradient) = packed(bare), unpacked(bare)
    np.testing.assert_allclose(value, expected, rtol=2e-6)
    leaves = (jax.tree.leaves(x) for x in (gradient, expected_gradient))
    for a, b in zip(*leaves, strict=True):
        scale = float(jnp.abs(b).max())
        assert scale > 0
        np.testing.assert_allclose(a / scale, b / scale, atol=2e-5)


def test_the_loss_is_of_the_wanted_tokens_alone_packed_or_not(policy: Policy) -> None:
    """Those of a wrong trace's confidence line: nothing of the mistake is imitated."""
    prompts, completions = PROMPTS[:, 2:], COMPLETIONS[:, :3]
    only = np.array([[False, True, False], [True, True, False]])
    logps = completion_logps(policy, prompts, completions, pad_id=0).logps
    expected = -float(np.sum(np.asarray(logps) * only)) / 3
    found = sft_loss(policy, prompts, completions, jnp.array(only, int), pad_id=0, columns=2)
    np.testing.assert_allclose(found, expected, atol=2e-5)
    rows = [
        Example(p.tolist(), c.tolist(), mask.tolist())
        for p, c, mask in zip(prompts, completions, only, strict=True)
    ]
    (batch, *_) = packed_batches(rows * 6, rows=2, length=14, pad_id=0)
    assert batch.wanted.sum() == 6  # both examples in both rows
    packed = packed_loss(policy, **batch.inputs, columns=2)
    np.testing.assert_allclose(packed, expected, atol=2e-5)
