"""A frozen Gemma on the run's own devices as the judge of a rubric: no server is needed."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from reasoning_rewards.judge import JudgeVerdict, Question
from reasoning_rewards.judge.counts import CallCounts
from reasoning_rewards.judge.prompting import REPLY_WORD, derived_mark, judge_prompt

TEMPLATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "chat": "<start_of_turn>user\n{}<end_of_turn>\n<start_of_turn>model\n",
        "plain": "{}\nReply:",
    }
)
"""How a question is put: to models that know turns, and to others."""

Shares = Callable[[Sequence[str]], Sequence[float | None]]
"""P(yes) against no after each prompt, None of one that is too long: `engine.yes_no.YesNo`."""


def shown_prompt(question: Question, template: str = "chat") -> str:
    """Return what the model is shown for a question, the same each time it is asked."""
    text = judge_prompt(question, mark=derived_mark(question), reply=REPLY_WORD)
    return TEMPLATES[template].format(text)


class LocalJudge:
    """Answers questions with the probability of yes, in a scale from 0 to 1.

    Args:
        shares: Asks the model.
        name: What cached verdicts belong to: the model and its files.
        length: Tokens of a question at most, for the message.
        counts: Counted on.
    """

    def __init__(self, shares: Shares, name: str, length: int, counts: CallCounts) -> None:
        self._shares = shares
        self.name = name
        self._length = length
        self.counts = counts

    def ask(
        self, questions: Sequence[Question], on_verdict: Callable[[int, JudgeVerdict], None]
    ) -> None:
        """Ask the questions, and tell each verdict."""
        self.counts.calls += len(questions)
        fault = f"too long: over reward.judge.question_tokens {self._length}"
        values = self._shares([shown_prompt(question) for question in questions])
        for place, value in enumerate(values):
            on_verdict(place, JudgeVerdict(value, "" if value is not None else fault))
