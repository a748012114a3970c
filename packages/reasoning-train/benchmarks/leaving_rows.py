"""What it saves that rows leave decoding when they end, or are refilled, by simulation.

    python packages/reasoning-train/benchmarks/leaving_rows.py TRAIN.jsonl

Lengths are those of GSM8K's own solutions in Gemma's tokens, drawn with replacement for a batch. A
token of `n` rows costs `fixed + n`: the fixed part is reading the weights, counted in rows. What is
printed is the cost of a batch as a share of decoding all rows until the longest ends. Where slots
are refilled, the same rows wait in a queue for half or a quarter as many slots; prefill is not
counted.
"""

import heapq
import sys
from collections.abc import Callable
from functools import partial
from itertools import islice

import numpy as np

from reasoning_data import STYLES, load_gsm8k, render_completion
from reasoning_train.models import locate_base
from reasoning_train.models.tokenizer import Tokenizer

BATCHES = 200
FIXED = {"nothing": 0, "Gemma 3 270M, CPU": 8, "Gemma 2 2B, v5e": 65, "Gemma 3 1B, v5e": 103}
"""On a v5e, bytes of the weights over bytes of a row's cache; on a CPU a guess."""


def halved(lengths: np.ndarray, fixed: float, halvings: int) -> float:
    """Cost where half of the rows leave as soon as half have ended, so many times."""
    rows, now, cost = len(lengths), 0, 0.0
    for step in range(halvings + 1):
        ordered = np.sort(lengths)[::-1]
        end = ordered[rows // 2] if step < halvings and len(ordered) > rows // 2 else ordered[0]
        cost += (end - now) * (fixed + rows)
        now, lengths = end, lengths[lengths > end]
        if not len(lengths):
            break
        rows //= 2
    return cost


def refilled(lengths: np.ndarray, fixed: float, slots: int) -> float:
    """Cost where a row that ends is replaced by the next of the queue."""
    queue = lengths.tolist()
    busy = [queue.pop() for _ in range(slots)]
    heapq.heapify(busy)
    while queue:
        heapq.heappush(busy, heapq.heappop(busy) + queue.pop())
    return float(max(busy) * (fixed + slots))


def main() -> None:
    tokenizer = Tokenizer(locate_base("gemma3-270m").folder / "tokenizer.model")
    problems = islice(load_gsm8k(sys.argv[1]), 4000)
    style = STYLES["gemma"]
    known = np.array(
        [len(tokenizer.encode_completion(render_completion(p, style))) for p in problems]
    )
    print(f"{len(known)} lengths: median {np.median(known):.0f}, longest {known.max()}\n")
    names = ("1 halving", "2", "3", "slots for a half", "for a quarter")
    print(f"| rows | fixed | {' | '.join(names)} |")
    print("|---" * (2 + len(names)) + "|")
    for rows in (32, 64, 256):
        for name, fixed in FIXED.items():
            policies: list[Callable[[np.ndarray], float]] = [
                *(partial(halved, fixed=fixed, halvings=n) for n in (1, 2, 3)),
                *(partial(refilled, fixed=fixed, slots=rows // n) for n in (2, 4)),
            ]
            rng = np.random.default_rng(0)
            batches = [rng.choice(known, rows) for _ in range(BATCHES)]
            whole = sum(halved(x, fixed, halvings=0) for x in batches)
            shares = [sum(map(policy, batches)) / whole for policy in policies]
            print(f"| {rows} | {name} | {' | '.join(f'{share:.2f}' for share in shares)} |")


if __name__ == "__main__":
    main()
