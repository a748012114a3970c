"""The schemas of completions: tags of one's own, or a `\\boxed{…}` for the answer."""

import re
from dataclasses import dataclass, field
from typing import Final

from reasoning_rewards.errors import RewardError

BOXED: Final = "\\boxed"
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class Schema:
    """How a completion marks its reasoning and its answer.

    Attributes:
        reasoning: The name of the tag around the reasoning.
        answer: The name of the tag around the answer, or `\\boxed`: then the answer is in the last
            `\\boxed{…}` after the reasoning block, with any text around it.
        reasoning_open: What begins the reasoning, such as `<reasoning>`.
        reasoning_close: What ends it.
        answer_open: What begins the answer, such as `<answer>` or `\\boxed{`.
        answer_close: What ends it.
        tag: Finds the tags, also misspelt ones (`<Answer >`), so that a second answer cannot hide
            in one; its groups `closing` and `answer` say which kind.

    Raises:
        RewardError: A name is no name of a tag, or both are the same.
    """

    reasoning: str = "reasoning"
    answer: str = "answer"
    reasoning_open: str = field(init=False, repr=False, compare=False)
    reasoning_close: str = field(init=False, repr=False, compare=False)
    answer_open: str = field(init=False, repr=False, compare=False)
    answer_close: str = field(init=False, repr=False, compare=False)
    tag: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in (self.reasoning,) if self.boxed else (self.reasoning, self.answer):
            if not _NAME.fullmatch(name):
                raise RewardError(
                    f"a tag's name is a letter, then letters, digits, - or _, not {name!r}"
                )
        if self.reasoning.casefold() == self.answer.casefold():
            raise RewardError(f"reasoning and answer need two names, not {self.answer!r} twice")
        answer = (BOXED + "{", "}") if self.boxed else (f"<{self.answer}>", f"</{self.answer}>")
        derived = {
            "reasoning_open": f"<{self.reasoning}>",
            "reasoning_close": f"</{self.reasoning}>",
            "answer_open": answer[0],
            "answer_close": answer[1],
            "tag": self._pattern(),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    @property
    def boxed(self) -> bool:
        """Whether the answer is in a `\\boxed{…}`."""
        return self.answer == BOXED

    def _pattern(self) -> re.Pattern[str]:
        # The longer name first: one may begin with the other. Every repetition is bounded: a scan
        # stays linear on a hundred kilobytes of `<`.
        kinds = [(self.reasoning, re.escape(self.reasoning))]
        if not self.boxed:
            kinds.append((self.answer, f"(?P<answer>{re.escape(self.answer)})"))
        names = "|".join(pattern for _, pattern in sorted(kinds, key=lambda kind: -len(kind[0])))
        missing = "(?P<answer>(?!))|" if self.boxed else ""
        return re.compile(
            rf"<\s{{0,4}}(?P<closing>/?)\s{{0,4}}(?:{missing}{names})\b[^<>]{{0,32}}>",
            re.IGNORECASE,
        )


REASONING_ANSWER: Final = Schema()
THINK_ANSWER: Final = Schema("think", "answer")
THINK_BOXED: Final = Schema("think", BOXED)

_NAMED: Final = {
    "reasoning-answer": REASONING_ANSWER,
    "think-answer": THINK_ANSWER,
    "think-boxed": THINK_BOXED,
}


def schema_named(text: str) -> Schema:
    """Return a ready-made schema by its name, or that of `NAME,NAME`: two tags of one's own.

    Raises:
        RewardError: It is neither.
    """
    if text in _NAMED:
        return _NAMED[text]
    reasoning, comma, answer = text.partition(",")
    if not comma:
        raise RewardError(
            f"no schema {text!r}; there are {', '.join(_NAMED)}, and NAME,NAME for other tags"
        )
    return Schema(reasoning.strip(), answer.strip())
