"""Does structure tell traces apart? Its spread over labelled solutions of real models.

    python benchmarks/spread.py example_model_solutions.jsonl --gsm8k FOLDER

The first file is of github.com/openai/grade-school-math (MIT): four models' solutions to each test
question, and whether each is right. FOLDER holds GSM8K's `test.jsonl`: its own solutions, and a
fixed ladder of sums that ends in the right answer, are scored as well.
"""

import argparse
import json
import random
import re
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from statistics import fmean, pstdev, quantiles
from typing import NamedTuple

from reasoning_rewards import CompositeReward, parse, render

REWARD = CompositeReward()
BOOTSTRAPS = 1_000


class Labelled(NamedTuple):
    """The structure of a solution, its question's number, and whether it is right."""

    question: int
    right: bool
    structure: float


def solutions(path: Path) -> list[Labelled]:
    found: list[Labelled] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        row = json.loads(line)
        for value in row.values():
            if isinstance(value, dict) and (trace := completion_of(value["solution"])):
                score = structure(trace, row["question"])
                found.append(Labelled(number, value["is_correct"], score))
    return found


def completion_of(solution: str) -> str:
    """A solution in the schema; empty where it ends without an answer."""
    text = re.sub(r"<<[^<>]*>>", "", solution)
    work, found, answer = text.rpartition("\nA: ")
    return render(work.strip(), answer.strip()) if found and answer.strip() else ""


def structure(completion: str, question: str) -> float:
    return REWARD.rubric.score(parse(completion), question).value


def ladder(gold: str) -> str:
    """The same sums whatever is asked, led to the gold answer in the last one."""
    answer = int(gold)
    sign, step = ("+", answer - 10) if answer >= 10 else ("-", 10 - answer)
    return render(f"2 + 3 = 5.\n5 * 2 = 10.\n10 {sign} {step} = {answer}.", gold)


def auroc(right: Sequence[float], wrong: Sequence[float]) -> float:
    """The probability that a right solution has more structure than a wrong one; ties count .5."""
    counts: dict[float, list[int]] = {}
    for side, values in enumerate((right, wrong)):
        for value in values:
            counts.setdefault(value, [0, 0])[side] += 1
    below = 0
    wins = 0.0
    for value in sorted(counts):
        rights, wrongs = counts[value]
        wins += rights * (below + wrongs / 2)
        below += wrongs
    return wins / (len(right) * len(wrong))


def auroc_of(labelled: Sequence[Labelled]) -> float:
    return auroc(
        [each.structure for each in labelled if each.right],
        [each.structure for each in labelled if not each.right],
    )


def interval(groups: list[list[Labelled]]) -> tuple[float, float]:
    """The 95 % bootstrap interval of the AUROC, over questions."""
    generator = random.Random(0)
    values = sorted(
        auroc_of([each for group in generator.choices(groups, k=len(groups)) for each in group])
        for _ in range(BOOTSTRAPS)
    )
    return values[int(0.025 * BOOTSTRAPS)], values[int(0.975 * BOOTSTRAPS)]


def described(values: Sequence[float]) -> str:
    low, middle, high = quantiles(values, n=4, method="inclusive")
    full = sum(value >= 0.999 for value in values) / len(values)
    high_share = sum(value >= 0.85 for value in values) / len(values)
    return (
        f"n {len(values)}, mean {fmean(values):.3f}, quartiles {low:.2f} {middle:.2f} {high:.2f}, "
        f"1.00 for {full:.1%}, .85 or more for {high_share:.1%}"
    )


def within(groups: list[list[Labelled]]) -> tuple[float, float, int]:
    """(AUROC, share of ties, pairs) over pairs of a right and a wrong solution to one question."""
    wins: list[float] = []
    for group in groups:
        rights = [each.structure for each in group if each.right]
        wrongs = [each.structure for each in group if not each.right]
        wins += [(a > b) + (a == b) / 2 for a, b in product(rights, wrongs)]
    return fmean(wins), wins.count(0.5) / len(wins), len(wins)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("solutions", type=Path)
    parser.add_argument("--gsm8k", type=Path, help="folder with GSM8K's test.jsonl")
    options = parser.parse_args()
    labelled = solutions(options.solutions)
    by_question: dict[int, list[Labelled]] = {}
    for each in labelled:
        by_question.setdefault(each.question, []).append(each)
    groups = list(by_question.values())
    print("right:", described([each.structure for each in labelled if each.right]))
    print("wrong:", described([each.structure for each in labelled if not each.right]))
    low, high = interval(groups)
    print(f"AUROC of right against wrong: {auroc_of(labelled):.3f} (95 % {low:.3f} to {high:.3f})")
    paired, ties, pairs = within(groups)
    print(f"the same within a question: {paired:.3f}, {ties:.1%} of {pairs} pairs tie")
    spreads = [pstdev([each.structure for each in group]) for group in groups]
    print(
        f"standard deviation within a question: mean {fmean(spreads):.3f}, "
        f"0 for {spreads.count(0.0) / len(spreads):.1%} of {len(groups)} questions"
    )
    if options.gsm8k:
        own: list[float] = []
        ladders: list[float] = []
        for line in (options.gsm8k / "test.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            rationale, gold = row["answer"].rsplit("####", 1)
            work, gold = re.sub(r"<<.*?>>", "", rationale).strip(), gold.strip().replace(",", "")
            own.append(structure(render(work, gold), row["question"]))
            ladders.append(structure(ladder(gold), row["question"]))
        print("GSM8K's own:", described(own))
        print("the ladder:", described(ladders))


if __name__ == "__main__":
    main()
