"""The two records that flow through the package: a problem, and a training example made of it."""

from dataclasses import dataclass
from typing import Any


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


@dataclass(frozen=True, slots=True)
class Item:
    """A problem on its way through a build.

    Attributes:
        problem: The problem.
        origin: `file:line` of its source row; empty for problems handed over in memory.
        split: The split the caller chose; empty to let the hash decide.
        stream: Number of the input it came from.
    """

    problem: Problem
    origin: str = ""
    split: str = ""
    stream: int = 0

    def as_row(self) -> dict[str, Any]:
        """The item as one row of the table."""
        problem = self.problem
        return {
            "id": problem.id,
            "question": problem.question,
            "answer": problem.answer,
            "rationale": problem.rationale,
            "source": problem.source,
            "license": problem.license,
            "origin": self.origin,
            "split": self.split,
            "stream": self.stream,
        }
