"""How a problem is put to the model: in our schema, bare, as a plain question, or after examples.

A base model was never shown the schema. Asked for it, its score says how well it guesses a format;
asked in the form of the text it was trained on, what it can do. The plain and the few-shot text are
those of lm-evaluation-harness's task `gsm8k`, so its extraction rules (`scorers`) fit them.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from reasoning_data import (
    DataError,
    PromptStyle,
    Task,
    read_examples,
    read_manifest,
    render_prompt,
)
from reasoning_rewards import parse
from reasoning_rewards.confidence import without_statements
from reasoning_train.errors import UserError

QUESTION = "Question:"
"""Begins a question; a completion that goes on to the next one is cut there."""
_PLACE = "\x00"


class PromptFormat(StrEnum):
    """How a problem is put to the model."""

    SCHEMA = "schema"
    """The prompt of the build: chat turns, and the instructions of its style."""
    RAW = "raw"
    """The bare question, as running text; the answer is read from the line that continues it."""
    PLAIN = "plain"
    """`Question: …` and `Answer:`, nothing else."""
    FEW_SHOT = "few-shot"
    """The same after worked examples from the training data, each ending with `#### ` and gold."""
    SCHEMA_FEW_SHOT = "schema-few-shot"
    """The prompt of the build after worked examples in the schema, each a turn of its own."""

    @property
    def in_schema(self) -> bool:
        """Whether the answer is expected in the schema."""
        return self in (PromptFormat.SCHEMA, PromptFormat.SCHEMA_FEW_SHOT)

    @property
    def takes_shots(self) -> bool:
        """Whether worked examples come before the problem."""
        return self in (PromptFormat.FEW_SHOT, PromptFormat.SCHEMA_FEW_SHOT)

    @property
    def stop(self) -> str | None:
        """Text that ends a completion; the schema has its own stop token instead."""
        if self.in_schema:
            return None
        # In running text the next line is the next document's, and its numbers are no answer.
        return "\n" if self is PromptFormat.RAW else QUESTION


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A worked problem.

    Attributes:
        question: Without the prompt around it.
        solution: Without the schema, nor a confidence.
        answer: Likewise.
        in_schema: Prompt and completion as a model is trained on them.
    """

    question: str
    solution: str
    answer: str
    in_schema: str


def prompts_of(
    tasks: Sequence[Task], format_: PromptFormat, shots: Sequence[Demonstration] = ()
) -> list[str]:
    """The prompt of every problem, in order."""
    if format_ is PromptFormat.SCHEMA:
        return [task.prompt for task in tasks]
    if format_ is PromptFormat.RAW:
        return [task.question.strip() for task in tasks]
    if format_ is PromptFormat.SCHEMA_FEW_SHOT:
        turns = "".join(f"{shot.in_schema}\n" for shot in shots)
        return [turns + task.prompt for task in tasks]
    worked = "".join(
        f"{_plain(shot.question)} {shot.solution}\n#### {shot.answer}\n\n" for shot in shots
    )
    return [worked + _plain(task.question) for task in tasks]


def _plain(question: str) -> str:
    return f"{QUESTION} {question.strip()}\nAnswer:"


def demonstrations(data: Path, count: int, seed: int = 0) -> list[Demonstration]:
    """`count` problems of a build's SFT split with their rationales, drawn with `seed`.

    Raises:
        UserError: The build has no SFT split, or fewer problems in it.
    """
    try:
        style = PromptStyle(**read_manifest(data).config["style"])
        examples = read_examples(data)
    except (DataError, KeyError, TypeError) as error:
        raise UserError(
            f"no examples for few-shot in {str(data)!r} ({error}): its build needs an SFT split"
        ) from error
    if len(examples) < count:
        raise UserError(f"{str(data)!r} has {len(examples)} worked problems, {count} are wanted")
    before, after = render_prompt(_PLACE, style).split(_PLACE)
    chosen = random.Random(f"shots:{seed}").sample(examples, count)
    shots = []
    for example in chosen:
        trace = parse(example.completion.removesuffix(style.stop))
        shots.append(
            Demonstration(
                question=example.prompt.removeprefix(before).removesuffix(after),
                solution=without_statements(trace.reasoning).strip(),
                answer=(trace.answer or "").strip(),
                in_schema=example.prompt + example.completion,
            )
        )
    return shots
