"""How probable a policy finds each token of completions, and what GRPO made of their rewards."""

from collections.abc import Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.sharding import Mesh
from tunix.rl import function_registry

from reasoning_train.engine.generation import Lengths
from reasoning_train.engine.logps import reference_logps
from reasoning_train.engine.model import Policy
from reasoning_train.models.tokenizer import Tokenizer, pad_left, pad_right


@dataclass(frozen=True, slots=True)
class ShownTokens:
    """A completion's tokens, as text, each with its log-probability."""

    texts: list[str]
    logps: list[float]


def shown_tokens(
    model: Policy,
    tokenizer: Tokenizer,
    rows: Sequence[tuple[str, str, bool]],
    lengths: Lengths,
    mesh: Mesh,
    *,
    temperature: float,
    columns: int,
) -> list[ShownTokens]:
    """Tokenize completions again and look up each token's log-probability.

    Args:
        model: The policy.
        tokenizer: Its tokenizer.
        rows: Prompt, completion and whether the completion ended by itself.
        lengths: Token limits; a completion is cut there.
        mesh: Where the model lies.
        temperature: Divides the logits, as in sampling.
        columns: `len(rows) * columns` rows of logits live at a time.
    """
    prompts = [tokenizer.encode_prompt(prompt) for prompt, _, _ in rows]
    completions = []
    for _, text, finished in rows:
        ids = tokenizer.encode_completion(text)
        completions.append((ids if finished else ids[:-1])[: lengths.completion])
    with mesh:
        found = np.asarray(
            reference_logps(
                *nnx.split(model),
                jnp.asarray(pad_left(prompts, lengths.prompt, tokenizer.pad_id)),
                jnp.asarray(pad_right(completions, lengths.completion, tokenizer.pad_id)),
                pad_id=tokenizer.pad_id,
                temperature=temperature,
                columns=columns,
            )
        )
    return [
        ShownTokens(tokenizer.pieces(ids), [float(x) for x in found[row, : len(ids)]])
        for row, ids in enumerate(completions)
    ]


def advantages(rewards: Sequence[float], generations: int, estimator: str) -> list[float]:
    """What GRPO's loss weighs each completion by, from the rewards of whole groups.

    Args:
        rewards: Of completions, group after group.
        generations: Completions in a group.
        estimator: Tunix's name of the estimator: `rloo`, `drgrpo` or `grpo`.
    """
    of = function_registry.get_advantage_estimator(estimator)
    values = of(rewards=np.asarray(rewards, dtype=np.float32), num_generations=generations)
    return [float(value) for value in np.asarray(values)]
