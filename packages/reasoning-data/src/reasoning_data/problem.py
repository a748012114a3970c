"""The two records that flow through the package: a problem, and a training example made of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One question with a known answer.

    Attributes:
        id: Stable and unique within a build; leads back to the source row (`gsm8k-train:17`).
        question: What the model is asked.
        answer: The gold, as the source states it.
        rationale: The worked solution without the final answer line; may be empty.
        source: Name of the data set or generator.
        license: SPDX name of the licence of the row, or the source's own words.
    """

    id: str
    question: str
    answer: str
    rationale: str
    source: str
    license: str


@dataclass(frozen=True, slots=True)
class Example:
    """What a trainer sees: the text given and the text to be produced, stop token included."""

    prompt: str
    completion: str


@dataclass(frozen=True, slots=True)
class Task:
    """What reinforcement and evaluation see: a prompt, and the gold to score against."""

    id: str
    prompt: str
    gold: str
    question: str
    source: str
