"""Score the rollouts of each GRPO step, keep them on disk, and sum them up for the metrics."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from reasoning_rewards import Score
from reasoning_rewards.judge import Judged
from reasoning_train.engine.grpo import Rollouts
from reasoning_train.engine.resampling import Place, rows_of
from reasoning_train.errors import TrainingError
from reasoning_train.reward.rollout_metrics import summarise_rollouts
from reasoning_train.reward.run_judge import ITEMS_COLUMN, RunJudge, items_text, unscored_rows
from reasoning_train.reward.schedule import RewardSchedule
from reasoning_train.reward.stated import stated_confidence
from reasoning_train.reward.user_function import Outcome, RewardRow, UserReward
from reasoning_train.run_dir.rollout_files import forget_rollouts_after, write_rollouts

T = TypeVar("T")

JUDGE_FAULT = "the judge: "


@dataclass(frozen=True, slots=True)
class Scored:
    """One draw of a step with what it was worth, row by row.

    Attributes:
        rollouts: The draw.
        scores: Composite scores.
        totals: What training gets, functions of the user's included.
        faults: Why a row has no reward of its own; empty if it has one.
        values: Those of the user's functions, by name, and of the judge.
        judged: The judge's scores; empty without a judge.
    """

    rollouts: Rollouts
    scores: list[Score]
    totals: list[float]
    faults: list[str]
    values: dict[str, list[float | None]]
    judged: list[Judged] = field(default_factory=list)

    @property
    def left_out(self) -> float:
        """Share of the rows without a reward of their own."""
        return sum(map(bool, self.faults)) / len(self.faults)

    @property
    def left_out_by_fault(self) -> float:
        """Share of the rows without a reward for another reason than the judge."""
        faults = [fault for fault in self.faults if not fault.startswith(JUDGE_FAULT)]
        return sum(map(bool, faults)) / len(self.faults)


@dataclass
class RolloutRecorder:
    """Scores each step's rollouts, keeps them on disk, and remembers their means for the metrics.

    Attributes:
        rewards: The composite reward of each step.
        generations: Completions a prompt.
        folder: Where `<step>.parquet` goes.
        row_tokens: Places of a row in the loss, prompt and completion padded.
        extra: The user's own functions.
        judge: Scores by the rubric; its failures never stop training.
        max_left_out: Share of a step's completions without a reward that stops training.
        step: The last step that was scored.
        means: Step to what the metrics say of its rollouts.
    """

    rewards: RewardSchedule
    generations: int
    folder: Path
    row_tokens: int
    extra: tuple[UserReward, ...] = ()
    judge: RunJudge | None = None
    max_left_out: float = 1.0
    step: int = 0
    means: dict[int, dict[str, float]] = field(default_factory=dict)
    _draws: list[Scored] = field(default_factory=list)

    def __call__(self, rollouts: Rollouts) -> list[float]:
        """Totals in the order of the rows.

        A row that could not be scored, by a function of the user's or by the composite reward, is
        left out: it gets the mean of its group, from which nothing is learned. Further draws of a
        step are scored too, but kept only where `settle` says that they are trained on.

        Raises:
            TrainingError: Too many rows were left out.
        """
        if rollouts.draw == 0:
            self.step += 1
            self._draws.clear()
        scored = self._score(rollouts)
        self._draws.append(scored)
        if rollouts.draw == 0:
            self._keep(scored)
        left_out = scored.left_out_by_fault
        if left_out > self.max_left_out:
            raise TrainingError(
                f"grpo stopped at step {self.step}: {left_out:.0%} of the completions have no "
                f"reward, reward.max_left_out is {self.max_left_out:.0%}; the first fault: "
                f"{next(f for f in scored.faults if f and not f.startswith(JUDGE_FAULT))}"
            )
        return scored.totals

    def settle(self, places: Sequence[Place]) -> None:
        """Keep these groups of the step's draws, in this order, in place of the first draw's."""
        self._keep(taken(self._draws, places, self.generations))
        self.means[self.step] |= {
            "redraws": float(len(self._draws) - 1),
            "resampled_share": sum(draw > 0 for draw, _ in places) / len(places),
        }

    def forget_later_steps(self) -> None:
        """Remove what an interrupted process wrote after `step`: those steps are made again."""
        forget_rollouts_after(self.folder, self.step)

    def _score(self, rollouts: Rollouts) -> Scored:
        reward = self.rewards.at(self.step)
        scores = reward.score_batch(rollouts.completions, rollouts.golds, rollouts.prompts)
        rows = [
            RewardRow(*row)
            for row in zip(rollouts.completions, rollouts.golds, rollouts.prompts, strict=True)
        ]
        outcomes = [function.score(rows) for function in self.extra]
        faults = self._faults(scores, outcomes)
        judged = self._judged(rollouts, faults)
        totals = self._totals(scores, outcomes, judged, faults)
        values = {
            function.name: [outcome.value for outcome in found]
            for function, found in zip(self.extra, outcomes, strict=True)
        }
        if self.judge is not None:
            values[self.judge.name] = [one.value for one in judged]
        return Scored(rollouts, scores, totals, faults, values, judged)

    def _judged(self, rollouts: Rollouts, faults: list[str]) -> list[Judged]:
        """The judge's scores; rows that lack one are named in `faults`, unless their group does."""
        if self.judge is None:
            return []
        judged = self.judge.score(rollouts.ids, rollouts.completions)
        for row, missing in enumerate(unscored_rows(judged, self.generations)):
            if missing and not faults[row]:
                faults[row] = f"{JUDGE_FAULT}{judged[row].fault}"
        return judged

    def _keep(self, scored: Scored) -> None:
        """Write the step's file, and remember what the metrics say of it."""
        write_rollouts(self.folder, self.step, {**columns(scored), **scored.values})
        means = summarise_rollouts(
            scored.rollouts,
            scored.scores,
            scored.totals,
            self.generations,
            self.rewards.weights_at(self.step),
            {name: (weight, scored.values[name]) for name, weight in self._weights()},
        )
        self.means[self.step] = {
            **means,
            **({} if self.judge is None else self.judge.metrics(scored.judged)),
            "padding": 1.0 - means["tokens"] / (len(scored.totals) * self.row_tokens),
            "left_out": scored.left_out,
            "redraws": 0.0,
            "resampled_share": 0.0,
        }

    def _weights(self) -> list[tuple[str, float]]:
        """Names and weights of what is added to the composite reward."""
        found = [(function.name, function.weight) for function in self.extra]
        return found if self.judge is None else [*found, (self.judge.name, self.judge.weight)]

    def _faults(self, scores: Sequence[Score], outcomes: Sequence[Sequence[Outcome]]) -> list[str]:
        """Per row, why it has no reward; empty if it has one."""
        faults = [f"composite reward {s.error}" if s.error else "" for s in scores]
        for function, found in zip(self.extra, outcomes, strict=True):
            for index, outcome in enumerate(found):
                if outcome.value is None and not faults[index]:
                    faults[index] = f"{function.name} {outcome.fault}"
        return faults

    def _totals(
        self,
        scores: Sequence[Score],
        outcomes: Sequence[Sequence[Outcome]],
        judged: Sequence[Judged],
        faults: Sequence[str],
    ) -> list[float]:
        """Totals with functions and judge added; a row with a fault has its group's mean."""
        totals = [score.total for score in scores]
        for function, found in zip(self.extra, outcomes, strict=True):
            for index, outcome in enumerate(found):
                if outcome.value is not None:
                    totals[index] += function.weight * outcome.value
        for index, one in enumerate(judged):
            if self.judge is not None and one.value is not None:
                totals[index] += self.judge.weight * one.value
        for start in range(0, len(totals), self.generations):
            group = range(start, start + self.generations)
            valid = [totals[i] for i in group if not faults[i]]
            mean = float(np.mean(valid)) if valid else 0.0
            for i in group:
                totals[i] = mean if faults[i] else totals[i]
        return totals


def taken(draws: Sequence[Scored], places: Sequence[Place], size: int) -> Scored:
    """Those groups of `size` rows of the draws, in that order."""
    rows = rows_of(places, size)

    def of(parts: Sequence[Sequence[T]]) -> list[T]:
        return [parts[draw][row] for draw, row in rows]

    lists: dict[str, Any] = {
        name.name: of([getattr(draw.rollouts, name.name) for draw in draws])
        for name in fields(Rollouts)
        if name.name != "draw"
    }
    return Scored(
        Rollouts(**lists),
        of([d.scores for d in draws]),
        of([d.totals for d in draws]),
        of([d.faults for d in draws]),
        {name: of([d.values[name] for d in draws]) for name in draws[0].values},
        of([d.judged for d in draws]) if draws[0].judged else [],
    )


def columns(scored: Scored) -> dict[str, Sequence[object]]:
    """What a rollout file holds of a step's rows."""
    rollouts, scores = scored.rollouts, scored.scores
    return {
        "id": rollouts.ids,
        "prompt": rollouts.prompts,
        "completion": rollouts.completions,
        "gold": rollouts.golds,
        "prompt_tokens": rollouts.prompt_tokens,
        "tokens": rollouts.tokens,
        "finished": rollouts.finished,
        "total": scored.totals,
        "correctness": [score.correctness for score in scores],
        "structure": [score.structure for score in scores],
        "confidence": [score.confidence for score in scores],
        "stated_confidence": [stated_confidence(text) for text in rollouts.completions],
        "status": [score.status.value for score in scores],
        # The words are a foreign function's: they may be no Unicode.
        "fault": [fault.encode(errors="replace").decode() or None for fault in scored.faults],
        **({ITEMS_COLUMN: [items_text(one) for one in scored.judged]} if scored.judged else {}),
    }
