"""GRPO through `run_grpo` against the algorithm written down plainly, over whole logits.

Nothing here is shared with the engine but the model and the sampler: rows are not padded on the
left, log-probabilities are those of whole logits, means are loops over rows.
"""

import math
from collections import Counter
from itertools import repeat
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from reasoning_train.engine.generation import Completions, Generator, Lengths
from reasoning_train.engine.grpo import GrpoSettings, Rollouts, run_grpo
from reasoning_train.engine.model import Gemma3, frozen_copy
from reasoning_train.engine.optimizer import OptimizerSettings
from reasoning_train.engine.prompts import PromptBatch
from reasoning_train.models.tokenizer import Tokenizer

SEED, RATE, PROMPTS, GROUP = 5, 5e-2, 2, 4
LENGTHS = Lengths(24, 8)
PADDING = 0
ADAM_EPSILON = 1e-8

CASES = [
    GrpoSettings(
        generations=GROUP, micro_batch=1, temperature=1.0, advantage="rloo",
        aggregation="token-mean", kl_coefficient=0.0, columns=4,
    ),
    GrpoSettings(
        generations=GROUP, micro_batch=1, temperature=0.7, advantage="grpo",
        aggregation="sequence-mean-token-mean", kl_coefficient=0.5, columns=4,
        overlong_filter=True,
    ),
    GrpoSettings(
        generations=GROUP, micro_batch=2, temperature=1.3, advantage="drgrpo",
        aggregation="sequence-mean-token-scale", kl_coefficient=0.2, columns=4,
        drop_flat_groups=True,
    ),
]  # fmt: skip


def rewards_of(step: int, settings: GrpoSettings) -> np.ndarray:
    """Anything will do; of the second group all alike where such groups are dropped."""
    rewards = np.array([math.sin(7 * row + step) for row in range(PROMPTS * GROUP)])
    if settings.drop_flat_groups:
        rewards[GROUP:] = 0.3
    return rewards


def advantages_of(rewards: np.ndarray, method: str) -> np.ndarray:
    found = []
    for group in rewards.reshape(-1, GROUP):
        for i, own in enumerate(group):
            others = np.delete(group, i)
            found.append(
                {
                    "rloo": own - others.mean(),
                    "drgrpo": own - group.mean(),
                    "grpo": (own - group.mean()) / (group.std(ddof=1) + 1e-6),
                }[method]
            )
    return np.array(found)


def log_softmax_rows(
    model: Gemma3, prompt: list[int], drawn: Completions, temperature: float
) -> list[tuple[jax.Array, jax.Array]]:
    """Per row the log-probabilities of its tokens, and the entropies there."""
    rows = [[*prompt, *map(int, tokens)] for tokens in drawn.tokens]
    size = len(prompt) + LENGTHS.completion
    tokens = jnp.array([row + [7] * (size - len(row)) for row in rows])
    positions = jnp.broadcast_to(jnp.arange(size), tokens.shape)
    causal = jnp.broadcast_to(jnp.tril(jnp.ones((size, size), bool)), (len(rows), size, size))
    logits = model(tokens, positions, None, causal)[0]
    logits = logits.at[..., PADDING].set(-1e30)  # it is never said
    logs = jax.nn.log_softmax(logits.astype(jnp.float32) / temperature)
    found = []
    for i, row in enumerate(rows):
        at = logs[i, len(prompt) - 1 : len(row) - 1]
        own = at[jnp.arange(len(at)), jnp.array(row[len(prompt) :])]
        found.append((own, -jnp.sum(jnp.exp(at) * at, axis=-1)))
    return found


def plain_loss(
    model: Gemma3,
    before: list[jax.Array],
    prompt: list[int],
    drawn: Completions,
    advantages: np.ndarray,
    settings: GrpoSettings,
) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Loss, KL and entropy; `before` is what the reference gives each row's tokens."""
    rows = log_softmax_rows(model, prompt, drawn, settings.temperature)
    kept = [
        i
        for i in range(len(rows))
        if (drawn.finished[i] or not settings.overlong_filter)
        and not (settings.drop_flat_groups and i >= GROUP)
    ]
    losses, kls, entropies = [], [], []
    for i in kept:
        own, entropy = rows[i]
        theirs = before[i]
        ratio = jnp.exp(own - jax.lax.stop_gradient(own))
        losses.append(-advantages[i] * ratio + settings.kl_coefficient * (own - theirs) ** 2 / 2)
        kls.append(jnp.exp(theirs - own) - 1 - (theirs - own))
        entropies.append(entropy)
    if settings.aggregation == "token-mean":
        loss = jnp.mean(jnp.concatenate(losses))
    elif settings.aggregation == "sequence-mean-token-mean":
        loss = jnp.mean(jnp.array([jnp.mean(x) for x in losses]))
    else:
        loss = jnp.mean(jnp.array([jnp.sum(x) / LENGTHS.completion for x in losses]))
    means = {"kl": jnp.concatenate(kls).mean(), "entropy": jnp.concatenate(entropies).mean()}
    return loss, means


def with_adapters(model: Gemma3, adapters: Any) -> Gemma3:
    nnx.update(model, adapters)
    return model


@pytest.fixture
def chatty(model: Gemma3, base_folder: Path, mesh, prompt: str) -> Tokenizer:  # type: ignore[no-untyped-def]
    """Completions end at a token that the model says often, so that lengths differ."""
    tokenizer = Tokenizer(base_folder / "tokenizer.model")
    drawn = Generator(model, tokenizer, LENGTHS, mesh).sample(
        [prompt] * 8, seed=jax.random.PRNGKey(0), temperature=1.0
    )
    counts = Counter(int(token) for row in drawn.tokens for token in row[1:])
    tokenizer.stop_id = counts.most_common(1)[0][0]
    return tokenizer


@pytest.mark.parametrize("settings", CASES, ids=lambda s: s.aggregation)
def test_two_updates(  # type: ignore[no-untyped-def]
    model: Gemma3, chatty: Tokenizer, mesh, tmp_path: Path, prompt: str, settings: GrpoSettings
) -> None:
    """Loss, norm of the gradient, KL and entropy of both, and the weights after the first."""
    start = jax.tree.map(jnp.copy, nnx.state(model, nnx.LoRAParam))
    policy, reference = frozen_copy(model), frozen_copy(model)
    told: dict[int, Any] = {}
    steps: list[dict[str, float]] = []
    calls: list[Rollouts] = []

    def reward(rollouts: Rollouts) -> list[float]:
        calls.append(rollouts)
        return rewards_of(len(calls), settings).tolist()

    run_grpo(
        model,
        repeat(PromptBatch(["a", "b"], [prompt] * PROMPTS, ["1", "2"])),
        reward,
        mesh=mesh,
        tokenizer=chatty,
        lengths=LENGTHS,
        batch_size=PROMPTS,
        settings=settings,
        optimizer=OptimizerSettings(RATE, 3, 0),
        seed=SEED,
        checkpoints=tmp_path,
        start=0,
        save_every=1,
        on_step=lambda step, values: steps.append(values),
        on_weights=lambda updates, now: told.setdefault(
            updates, jax.tree.map(jnp.copy, nnx.state(now, nnx.LoRAParam))
        ),
    )

    generator = Generator(policy, chatty, LENGTHS, mesh)
    ids = chatty.encode_prompt(prompt)
    for step, adapters in ((1, start), (2, told[1])):
        with_adapters(policy, adapters)
        key = jax.random.fold_in(jax.random.PRNGKey(SEED), step - 1)
        drawn = generator.sample(
            [prompt] * (PROMPTS * GROUP), seed=key, temperature=settings.temperature
        )
        assert drawn.texts == calls[step - 1].completions
        assert len({len(row) for row in drawn.tokens}) > 1  # else aggregations would be alike
        advantages = advantages_of(rewards_of(step, settings), settings.advantage)
        of_rows = nnx.jit(lambda m, d=drawn: log_softmax_rows(m, ids, d, settings.temperature))
        before = [own for own, _ in of_rows(reference)]
        gradient_of = nnx.jit(
            nnx.value_and_grad(
                lambda m, b=before, d=drawn, a=advantages: plain_loss(m, b, ids, d, a, settings),
                argnums=nnx.DiffState(0, nnx.LoRAParam),
                has_aux=True,
            )
        )
        (loss, means), gradient = gradient_of(policy)
        leaves = [np.asarray(x, np.float64) for x in jax.tree.leaves(gradient)]
        norm = math.sqrt(sum(float(np.sum(x**2)) for x in leaves))
        found = steps[step - 1]
        assert found["loss"] == pytest.approx(float(loss), rel=1e-4, abs=1e-6)
        assert found["grad_norm"] == pytest.approx(norm, rel=1e-3)
        assert found["entropy"] == pytest.approx(float(means["entropy"]), rel=1e-4)
        assert found["skipped"] == 0.0
        if settings.kl_coefficient:
            assert found["kl"] == pytest.approx(float(means["kl"]), rel=1e-3, abs=1e-6)
        else:
            assert "kl" not in found
        if step == 1:
            # Adam's first step (arXiv 1412.6980, algorithm 1), of a gradient clipped to norm 1.
            largest = max(np.abs(x).max() for x in leaves)
            for a, b, g in zip(
                jax.tree.leaves(told[1]), jax.tree.leaves(start), leaves, strict=True
            ):
                clear = np.abs(g) > 1e-3 * largest
                clipped = g[clear] / max(norm, 1.0)
                np.testing.assert_allclose(
                    np.asarray(a - b)[clear],
                    -RATE * clipped / (np.abs(clipped) + ADAM_EPSILON),
                    rtol=1e-3,
                )
        elif settings.kl_coefficient:
            assert float(means["kl"]) > 1e-3  # the KL has a say
