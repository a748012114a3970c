"""The reward that a run's configuration asks for: step by step in training, and to judge by."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Protocol

from reasoning_rewards import CompositeReward, Rubric, Score, Weights
from reasoning_train.config.reward_schema import RewardSection
from reasoning_train.reward.user_function import NONE, Own, RewardRow, UserReward


class Scorer(Protocol):
    """Scores one completion: a `CompositeReward`, or the `FinalReward` of a run."""

    def score(self, completion: str, gold: str, prompt: str = "") -> Score:
        """The score; `error` says what of it could not be had."""


def user_rewards(section: RewardSection, own: Own = NONE) -> tuple[UserReward, ...]:
    """The user's own functions, each in a process of its own once it is asked.

    Args:
        section: Names them.
        own: Those of them that only this process has, and that are called here.

    Raises:
        UserError: One of them cannot be loaded.
    """
    return tuple(UserReward(text, section.extra_timeout_s, own) for text in section.extra)


def described(scorer: Scorer) -> Mapping[str, object]:
    """What a score depends on, so that scores of two rewards are not mixed."""
    if isinstance(scorer, FinalReward):
        return {
            **described(scorer.composite),
            "extra": [f"{function.name}:{function.weight!r}" for function in scorer.extra],
        }
    if not isinstance(scorer, CompositeReward):
        return {}
    own = {} if scorer.rubric == Rubric() else {"rubric": str(scorer.rubric)}
    return {"weights": asdict(scorer.weights), "asked": scorer.asked, **own}


@dataclass(frozen=True, slots=True)
class RewardSchedule:
    """Weights that move in a straight line from those of the first step to those of the last.

    With `structure_at_end` and `confidence_at_end` unset nothing moves. Correctness has the rest.
    Every completion of a run was asked for a confidence, by its prompt or by the demonstrations; a
    run without has the weight 0 for it.
    """

    section: RewardSection
    steps: int

    def weights_at(self, step: int) -> Weights:
        """The weights of a step, counted from 1."""
        section = self.section
        done = min(max((step - 1) / max(self.steps - 1, 1), 0.0), 1.0)

        def between(start: float, end: float | None) -> float:
            return start if end is None else start + done * (end - start)

        if section.structure_at_end is None and section.confidence_at_end is None:
            return Weights(section.correctness, section.structure, section.confidence)
        structure = between(section.structure, section.structure_at_end)
        confidence = between(section.confidence, section.confidence_at_end)
        return Weights(1.0 - structure - confidence, structure, confidence)

    def at(self, step: int) -> CompositeReward:
        """The reward of a step, counted from 1."""
        rubric = self.section.rubric_file.structure
        return CompositeReward(self.weights_at(step), rubric, asked=True)


class FinalReward:
    """What training is after: the weights of its last step, with the user's functions added.

    Checkpoints and stages are judged by this one reward, whatever step they come from: with another
    one for each, a policy would seem to gain by the weights alone.

    Args:
        section: The configuration.
        extra: The user's functions, which their maker closes.
    """

    def __init__(self, section: RewardSection, extra: Sequence[UserReward] = ()) -> None:
        self.composite = RewardSchedule(section, steps=2).at(2)
        self.extra = tuple(extra)

    def score(self, completion: str, gold: str, prompt: str = "") -> Score:
        """The composite score, `total` with weight times value of each function added.

        A function without a value for this completion adds nothing and is named in `error`. In
        training such a row gets its group's mean; here there is no group.
        """
        score = self.composite.score(completion, gold, prompt)
        total, errors = score.total, [score.error] if score.error else []
        for function in self.extra:
            [outcome] = function.score([RewardRow(completion, gold, prompt)])
            if outcome.value is None:
                errors.append(f"{function.name} {outcome.fault}")
            else:
                total += function.weight * outcome.value
        return replace(score, total=total, error="; ".join(errors))
