"""Notice GRPO that has nothing to learn from, while it runs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from reasoning_train.errors import TrainingError


@dataclass(frozen=True, slots=True)
class Symptom:
    """A state of the rollouts in which an update teaches nothing, or nearly nothing.

    Attributes:
        shown_by: Whether the metrics of an update show it.
        text: What it is; `{steps}` updates in a row have shown it.
        remedy: What to try.
    """

    shown_by: Callable[[Mapping[str, float]], bool]
    text: str
    remedy: str


SYMPTOMS: Final = (
    Symptom(
        lambda values: values["reward/correctness"] == 0.0,
        "no completion was right in {steps} updates in a row, so GRPO has no success to reinforce",
        "try easier problems, more SFT (--sft.steps) or more completions a prompt "
        "(--grpo.num-generations), and check that the gold answers can be read",
    ),
    Symptom(
        lambda values: values["cut_share"] > 0.5,
        "most completions were cut at the length limit in {steps} updates in a row, before they "
        "could answer",
        "raise --data.completion-tokens, or check that SFT taught the model to stop (--data.style)",
    ),
    Symptom(
        lambda values: values["zero_variance_share"] == 1.0,
        "all completions of every prompt earned the same reward in {steps} updates in a row, so "
        "the gradient was zero",
        "raise --grpo.temperature or --grpo.num-generations, or choose problems that the model "
        "solves sometimes",
    ),
)


class HopelessWatch:
    """Says once, for each streak of updates with one symptom, what is wrong and what to try.

    Args:
        limit: Updates in a row with a symptom that are too many.
        stop: Whether the stage then ends.
        say: Where the warning goes.
        earlier: Metrics of the updates before, oldest first, so that a resumed stage counts on.
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
        """Take in the metrics of an update.

        Raises:
            TrainingError: A streak is too long, and `stop` was asked for.
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
        """Warn of a stage too short for the limit in which every update had the symptom."""
        for symptom, streak in self._streaks.items():
            if 0 < streak == self._seen < self._limit:
                self._warn(symptom, streak)

    def _count(self, values: Mapping[str, float]) -> None:
        self._seen += 1
        for symptom in SYMPTOMS:
            self._streaks[symptom] = self._streaks[symptom] + 1 if symptom.shown_by(values) else 0

    def _warn(self, symptom: Symptom, streak: int) -> None:
        self._say(f"warning: {symptom.text.format(steps=streak)}; {symptom.remedy}")
