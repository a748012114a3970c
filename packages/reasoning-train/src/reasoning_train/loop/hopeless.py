"""Watch for GRPO updates that have nothing to learn from, while the stage runs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from reasoning_train.errors import TrainingError


@dataclass(frozen=True, slots=True)
class Symptom:
    """State of the rollouts in which an update teaches the policy nothing, or almost nothing.

    Attributes:
        shown_by: Returns whether the metrics of an update show the symptom.
        text: Description for the user, with `{steps}` for the number of updates in a row.
        remedy: What the user can try.
    """

    shown_by: Callable[[Mapping[str, float]], bool]
    text: str
    remedy: str


SYMPTOMS: Final = (
    Symptom(
        lambda values: values["reward/correctness"] == 0.0,
        "no completion was correct in {steps} updates in a row, so GRPO has no success to "
        "reinforce",
        "try easier problems, more SFT (--sft.steps) or more completions per prompt "
        "(--grpo.num-generations), and check that the gold answers can be parsed",
    ),
    Symptom(
        lambda values: values["cut_share"] > 0.5,
        "most completions were cut off at the length limit in {steps} updates in a row, before "
        "they could answer",
        "raise --data.completion-tokens, or check that SFT taught the model to stop (--data.style)",
    ),
    Symptom(
        lambda values: values["zero_variance_share"] == 1.0,
        "all completions of every prompt earned the same reward in {steps} updates in a row, so "
        "the gradient was zero",
        "raise --grpo.temperature or --grpo.num-generations, or choose problems that the model "
        "sometimes solves",
    ),
)


class HopelessWatch:
    """Watch that warns once for each streak of updates with the same symptom.

    Args:
        limit: Number of updates in a row with a symptom at which to warn.
        stop: Whether the stage ends then.
        say: Prints the warning.
        earlier: Metrics of the updates before a resume, oldest first, so that streaks continue.
    """

    def __init__(
        self,
        limit: int,
        stop: bool,
        say: Callable[[str], None],
        earlier: Iterable[Mapping[str, float]] = (),
    ) -> None:
        self._limit = limit
        self._stop = stop
        self._say = say
        self._streaks = dict.fromkeys(SYMPTOMS, 0)
        self._seen = 0
        for values in earlier:
            self._count(values)

    def check(self, step: int, values: Mapping[str, float]) -> None:
        """Count the symptoms in the metrics of an update, and warn where a streak is too long.

        Args:
            step: Number of the update, from 1.
            values: Metrics of the update by name.

        Raises:
            TrainingError: A streak is too long, and `stop` is true.
        """
        self._count(values)
        for symptom, streak in self._streaks.items():
            if streak == self._limit:
                self._warn(symptom, streak)
        worst = max(self._streaks, key=self._streaks.__getitem__)
        if self._stop and self._streaks[worst] >= self._limit:
            text = worst.text.format(steps=self._streaks[worst])
            raise TrainingError(f"grpo stopped at step {step}: {text}; {worst.remedy}")

    def finish(self) -> None:
        """Warn if the stage had fewer updates than the limit and all of them had a symptom."""
        for symptom, streak in self._streaks.items():
            if 0 < streak == self._seen < self._limit:
                self._warn(symptom, streak)

    def _count(self, values: Mapping[str, float]) -> None:
        self._seen += 1
        for symptom in SYMPTOMS:
            self._streaks[symptom] = self._streaks[symptom] + 1 if symptom.shown_by(values) else 0

    def _warn(self, symptom: Symptom, streak: int) -> None:
        self._say(f"warning: {symptom.text.format(steps=streak)}; {symptom.remedy}")
