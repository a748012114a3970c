"""Records that the package passes on: problems, training examples and tasks."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """Question with a known answer.

    Attributes:
        id: Stable id, unique within a build, that leads back to the source row (`gsm8k-train:17`).
        question: Text of the question.
        answer: The gold, as the source states it.
        rationale: Worked solution without the final answer line; may be empty.
        source: Name of the data set or generator.
        license: SPDX name of the row's licence, or the source's own words.
        confidence: How likely the model that learns from the rationale is to be right here, in
            [0, 1]; None where nobody measured it.
        rubric: Items that a judge asks about answers to this problem, as JSON; empty for none.
    """

    id: str
    question: str
    answer: str
    rationale: str
    source: str
    license: str
    confidence: float | None = None
    rubric: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """Training example for SFT: the prompt, and the completion including the stop token."""

    prompt: str
    completion: str


@dataclass(frozen=True, slots=True)
class Task:
    """Task for GRPO or evaluation: a prompt, and the gold to score completions against."""

    id: str
    prompt: str
    gold: str
    question: str
    source: str


@dataclass(frozen=True, slots=True)
class Item:
    """Problem on its way through a build.

    Attributes:
        problem: The problem.
        origin: `file:line` of its source row; empty for problems passed in memory.
        split: Split chosen by the caller; empty to let the hash decide.
        stream: Number of the input it came from.
    """

    problem: Problem
    origin: str = ""
    split: str = ""
    stream: int = 0

    def as_row(self) -> dict[str, Any]:
        """Return the item as one row of the problem table."""
        problem = self.problem
        return {
            "id": problem.id,
            "question": problem.question,
            "answer": problem.answer,
            "rationale": problem.rationale,
            "source": problem.source,
            "license": problem.license,
            "confidence": problem.confidence,
            "rubric": problem.rubric,
            "origin": self.origin,
            "split": self.split,
            "stream": self.stream,
        }
