"""Completions a second, time per answer pair beside Math-Verify, and the slowest 100 kB inputs.

    python benchmarks/speed.py FOLDER_WITH_GSM8K_JSONL [--rows 2000] [--passes 5] [--json]

Single process, single thread, CPU time (`time.process_time`); the wall time of the same pass stands
beside it. The best of several passes, each over every row once and with all caches emptied before:
no pass profits from an earlier one. `steady` is the rate of a process that has scored other
completions before, as in training: the first 2,000 rows are scored, then each of the others once,
in blocks of 500, of which the fastest counts and the mean stands beside it.

`grouped` are groups as in GRPO: for each question its own solution and `GROUP - 1` variants with
another digit somewhere (seed 0), one after the other.

Math-Verify is measured in the same run when it is installed
(extra `[math]`): compare the ratio, machines differ.
"""

import argparse
import json
import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from reasoning_rewards import CompositeReward, render, same_answer

SIZE = 100_000
WARM_UP = 2_000
BLOCK = 500
GROUP = 8
# Each is repeated to 100 kB and put where a model could put it.
PATTERNS = (
    "<answer>", "</answer>", "<", "< answer ", "<answer>1</answer>", "1", "9", "(", "()", "{", "[",
    "\\frac{", "\\sqrt{", "\\", "\\boxed{", "$", "$1", "1,", "1,000,", "1.", ".", "--", "1*", "^",
    "2^", "1/", "1/2", "1 ", "1=", "1+1=2 ", "6 * 7 = 42. ", "6*7=42,", "x=", "<>", "1 or ", "a",
    "ab ", "word ", "the answer is ", "Confidence: 0.9 ", "100% sure ", "not sure ", "maybe ",
    "20% of 5 = ", "\u00bd", "\u00b2", "\u0664", "\u200b", "\ufdfa", "\U0001f600", "\n", " ",
    "<reasoning>", "</reasoning>", "=", "= ", "1+", "(1", ")", "1)(", "(1+", "2x", "x 2 ", "2 x ",
    "10% of ", "9 - ", "-3=", "1,5=", "$1=", "a=1 ", "pens x ", "\u00e9", "\u6f22", "\u0130",
    "\r\n", "**a:**", "\\frac12", "\\text{a}", "\\left(", "{1,", "_", "x_1", "e1", "1e9 ", "'", '"',
    "Step 1. ", "Confidence: 0.1 and 0.9, ", "I am not so very ", "so then therefore ",
    "5 apples * 3 = ", "step 1: ", "**", "!", "\\begin{pmatrix}", "\u00b1", "|", "sin(", "a.b.",
    "the box holds six pens so we count them again and ", "→", "≈", "\n=", "\n \n", "| 1 ", "½",
    "2*3 is 6 ", "x = 1, 2x = ", "half of 2 ", "a = 1 # ", "<b>", "&lt;", "2⁵", "2 a b + 2 a b ",
)  # fmt: skip


def rows_of(folder: Path, limit: int) -> list[tuple[str, str, str]]:
    """(completion, gold, prompt) of GSM8K's own solutions, rendered into the schema."""
    rows: list[tuple[str, str, str]] = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            rationale, gold = row["answer"].rsplit("####", 1)
            rationale = re.sub(r"<<.*?>>", "", rationale).strip()
            rows.append((render(rationale, gold.strip()), gold.strip(), row["question"]))
    if not rows:
        sys.exit(f"no GSM8K rows (*.jsonl) in {str(folder)!r}")
    return rows[:limit]


def in_groups(rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """`GROUP` completions for each question: its solution, and others with one digit changed."""
    rng = random.Random(0)
    grouped: list[tuple[str, str, str]] = []
    for completion, gold, prompt in rows:
        places = [match.start() for match in re.finditer(r"\d", completion)]
        grouped.append((completion, gold, prompt))
        for place in rng.choices(places, k=GROUP - 1):
            changed = completion[:place] + rng.choice("0123456789") + completion[place + 1 :]
            grouped.append((changed, gold, prompt))
    return grouped


class Seconds(NamedTuple):
    """Processor time and wall time of the best pass."""

    cpu: float
    wall: float


def empty_caches() -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith("reasoning_rewards"):
            for value in vars(module).values():
                if hasattr(value, "cache_clear") and not isinstance(value, type):
                    value.cache_clear()


def best(action: Callable[[], object], passes: int) -> Seconds:
    measured: list[Seconds] = []
    for _ in range(passes):
        empty_caches()
        cpu, wall = time.process_time(), time.perf_counter()
        action()
        measured.append(Seconds(time.process_time() - cpu, time.perf_counter() - wall))
    return min(measured)


def steady(rows: list[tuple[str, str, str]], prompted: bool) -> dict[str, int]:
    """Completions a second over blocks of rows that were not scored before, after a warm-up."""
    reward = CompositeReward()
    completions, golds, prompts = (list(column) for column in zip(*rows, strict=True))
    if not prompted:
        prompts = [""] * len(rows)
    seconds: list[float] = []
    for start in (0, *range(WARM_UP, len(rows) - BLOCK + 1, BLOCK)):
        end = start + (BLOCK if start else WARM_UP)
        began = time.process_time()
        reward.score_batch(completions[start:end], golds[start:end], prompts[start:end])
        seconds.append(time.process_time() - began)
    measured = seconds[1:]
    if not measured:
        return {}
    return {
        "fastest_block": round(BLOCK / min(measured)),
        "mean": round(BLOCK * len(measured) / sum(measured)),
    }


def slowest() -> tuple[tuple[float, str], int]:
    """(milliseconds, where and what) of the slowest 100 kB input, and how many were tried."""
    reward = CompositeReward()
    found: list[tuple[float, str]] = []
    for pattern in PATTERNS:
        text = (pattern * (SIZE // len(pattern) + 1))[:SIZE]
        inputs = {
            "completion": (text, "42", ""),
            "reasoning": (f"<reasoning>{text}</reasoning><answer>42</answer>", "42", "6 pens?"),
            "answer": (f"<reasoning>6*7=42.</reasoning><answer>{text}</answer>", "42", "6 pens?"),
            "gold": (render("6*7=42.", "42"), text, ""),
            "prompt": (render("6*7=42. So 42 pens.", "42"), "42", text),
        }
        for where, arguments in inputs.items():

            def action(arguments: tuple[str, str, str] = arguments) -> object:
                return reward.score(*arguments)

            found.append((round(1e3 * best(action, passes=2).cpu, 1), f"{where}: {pattern!r}"))
    return max(found), len(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--passes", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    every = rows_of(options.folder, 10_000)
    empty_caches()
    steadily = {"steady": steady(every, False), "steady_with_prompt": steady(every, True)}
    rows = every[: options.rows]
    completions, golds, prompts = (list(column) for column in zip(*rows, strict=True))
    reward = CompositeReward()
    without = best(lambda: reward.score_batch(completions, golds), options.passes)
    prompted = best(lambda: reward.score_batch(completions, golds, prompts), options.passes)
    together = [list(column) for column in zip(*in_groups(rows[: len(rows) // GROUP]), strict=True)]
    grouped = best(lambda: reward.score_batch(*together), options.passes)
    # Answers as models write them.
    pairs = [(f"$\\boxed{{{gold}}}$", gold) for gold in golds]
    ours = best(lambda: [same_answer(*pair) for pair in pairs], options.passes)
    result: dict[str, object] = {
        "rows": len(rows),
        "completions_per_s": round(len(rows) / without.cpu),
        "completions_per_s_wall": round(len(rows) / without.wall),
        "completions_per_s_with_prompt": round(len(rows) / prompted.cpu),
        "completions_per_s_with_prompt_wall": round(len(rows) / prompted.wall),
        "completions_per_s_with_prompt_grouped": round(len(together[0]) / grouped.cpu),
        **steadily,
        "us_per_pair": round(1e6 * ours.cpu / len(pairs), 1),
    }
    try:
        from math_verify import (  # type: ignore[import-untyped, import-not-found, unused-ignore]
            parse,
            verify,
        )
    except ImportError:
        result["math_verify"] = "not installed"
    else:
        few = pairs[:300]
        theirs = best(lambda: [verify(parse(f"${g}$"), parse(p)) for p, g in few], passes=2).cpu
        theirs /= len(few)
        result["math_verify_us_per_pair"] = round(1e6 * theirs, 1)
        result["completions_per_math_verify_pair"] = round(theirs * len(rows) / without.cpu, 2)
        result["pairs_per_math_verify_pair"] = round(theirs * len(pairs) / ours.cpu, 1)
        result["same_with_prompt"] = round(theirs * len(rows) / prompted.cpu, 2)
    (result["slowest_100kB_ms"], result["slowest_100kB_input"]), result["inputs_of_100kB"] = (
        slowest()
    )
    print(json.dumps(result) if options.json else "\n".join(f"{k}: {v}" for k, v in result.items()))


if __name__ == "__main__":
    main()
