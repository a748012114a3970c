"""The judge of a run: what it makes of each step's rollouts, and what is kept of it."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from reasoning_rewards.judge import Judge, Judged
from reasoning_rewards.judge.counts import CallCounts
from reasoning_train.durable import read_json, write_json
from reasoning_train.reward.judged_problems import JudgedProblem

BASE = "base"
"""`reward.judge.model` for the model that is trained, as it was before."""
ITEMS_COLUMN = "judge_items"
"""Column of a rollout file: the value of each item, as JSON."""


class RunJudge:
    """Scores rollouts by the run's rubric. Failures are rows without a score, never errors.

    Args:
        judge: The rubric and the model.
        weight: Of the score in the total.
        problems: By id.
        counts_file: Where the counts are kept, for the next process and for the report.
        say: Tells the user, once, of each kind of failure.
    """

    name = "judge"

    def __init__(
        self,
        judge: Judge,
        weight: float,
        problems: Mapping[str, JudgedProblem],
        counts_file: Path,
        say: Callable[[str], None],
    ) -> None:
        self.weight = weight
        self._judge = judge
        self._problems = problems
        self._counts_file = counts_file
        self._say = say
        self._said: set[str] = set()

    def score(self, ids: Sequence[str], completions: Sequence[str]) -> list[Judged]:
        """Return the score of each completion of the problems `ids`."""
        problems = [self._problems[i] for i in ids]
        judged = self._judge.judge(
            [problem.question for problem in problems],
            completions,
            [problem.cell for problem in problems],
        )
        write_json(self._counts_file, self._judge.counts.as_dict())
        self._warn(judged)
        return judged

    def metrics(self, judged: Sequence[Judged]) -> dict[str, float]:
        """Return what the metrics say of a step's scores, beside their mean.

        `judge/item: <name>` is the mean of an item of the rubric file, `judge/unscored` the share
        of completions without a score; the other counts are totals of the run.
        """
        means = {}
        for item in self._judge.items:
            known = [v for one in judged if (v := one.items.get(item.name)) is not None]
            if known:
                means[f"judge/item: {item.name}"] = fmean(known)
        counts = self._judge.counts
        return means | {
            "judge/unscored": fmean(one.value is None for one in judged),
            "judge/calls": float(counts.calls),
            "judge/failed": float(counts.failed),
            "judge/cost": counts.cost,
        }

    def close(self) -> None:
        """Close the cache."""
        self._judge.close()

    def _warn(self, judged: Sequence[Judged]) -> None:
        kinds = Counter(_kind(one.fault) for one in judged if one.fault != "no items")
        del kinds[""]
        for kind, count in kinds.items():
            if kind not in self._said:
                self._said.add(kind)
                fault = next(one.fault for one in judged if _kind(one.fault) == kind)
                self._say(
                    f"warning: the judge gave {count} of {len(judged)} completions no score "
                    f"({fault}); training goes on, and the metric judge/unscored counts them"
                )


def _kind(fault: str) -> str:
    """`item: kind: details` without item and details."""
    return ":".join(fault.split(":")[1:2]).strip()


def items_text(judged: Judged) -> str:
    """Return the value of each item as JSON."""
    return json.dumps(judged.items, ensure_ascii=False)


def unscored_rows(judged: Sequence[Judged], generations: int) -> list[bool]:
    """Return which rows are to be left out for want of a score.

    In a group that has some scores these are the rows without one. A group without any is trained
    on the rest of the reward: to its rows the judge is a constant.
    """
    found: list[bool] = []
    for start in range(0, len(judged), generations):
        group = [one.value is None for one in judged[start : start + generations]]
        found += [False] * len(group) if all(group) else group
    return found


def kept_counts(path: Path) -> CallCounts:
    """Return the counts of the processes before; fresh ones if there are none."""
    return read_json(path, CallCounts.from_dict) or CallCounts()
