"""`tokens.json`: rollouts of GRPO's last step, token by token, for the page.

Written with GRPO's evaluation, when its output is in memory: a log-probability needs the weights,
and the page is made without.
"""

from typing import Any

import numpy as np
import pyarrow.parquet as pq

from reasoning_train.context import RunContext
from reasoning_train.durable import write_json
from reasoning_train.engine.token_view import advantages, shown_tokens
from reasoning_train.run_dir.rollout_files import rollout_paths

GROUPS, OF_A_GROUP = 2, 4
"""Problems shown, and completions of each: the best and the worst."""


def write_token_view(context: RunContext) -> None:
    """Write tokens, log-probabilities and advantages of a few rollouts, if there are any."""
    paths = rollout_paths(context.run.rollouts)
    if not paths:
        return
    rows = pq.read_table(paths[-1]).to_pylist()
    config = context.config.grpo
    totals = [row["total"] for row in rows]
    weights = advantages(totals, config.num_generations, config.advantage)
    chosen = _choose(totals, config.num_generations)
    tokens = shown_tokens(
        context.model,
        context.tokenizer,
        [(rows[i]["prompt"], rows[i]["completion"], rows[i]["finished"]) for i in chosen],
        context.lengths,
        context.mesh,
        temperature=config.temperature,
        columns=context.config.model.head_columns,
    )
    shown: list[dict[str, Any]] = [
        {
            "id": rows[place]["id"],
            "gold": rows[place]["gold"],
            "total": rows[place]["total"],
            "advantage": weights[place],
            "tokens": found.texts,
            "logps": [round(value, 4) for value in found.logps],
        }
        for place, found in zip(chosen, tokens, strict=True)
    ]
    write_json(context.run.tokens, {"step": rows[0]["step"], "rollouts": shown})


def _choose(totals: list[float], generations: int) -> list[int]:
    """Places of the completions to show: of the groups whose rewards differ most, both ends."""
    groups = np.asarray(totals).reshape(-1, generations)
    order = np.argsort(-np.ptp(groups, axis=1), kind="stable")[:GROUPS]
    chosen: list[int] = []
    for group in order:
        ranked = np.argsort(-groups[group], kind="stable")
        half = OF_A_GROUP // 2
        ends = ranked if generations <= OF_A_GROUP else [*ranked[:half], *ranked[-half:]]
        chosen += [int(group) * generations + int(place) for place in ends]
    return chosen
