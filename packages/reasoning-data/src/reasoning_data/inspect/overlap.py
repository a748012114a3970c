"""Training rows of a finished build that repeat evaluation sets it was not built against."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from reasoning_data.checks.cleaning import Cleaning
from reasoning_data.checks.contamination import EvaluationIndex, Question
from reasoning_data.checks.hashed_words import HashedWords
from reasoning_data.checks.near_duplicates import sketch
from reasoning_data.checks.wrappers import SAMPLE, Wrapper
from reasoning_data.inspect.opened import Build
from reasoning_data.problem import Problem
from reasoning_data.rendering import question_of
from reasoning_data.splitting import Split

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Overlap:
    """Training rows of a build that repeat questions of one evaluation set.

    Attributes:
        name: Name of the set.
        count: Number of such rows.
        first: Id of the first of them.
        detail: What the first repeats.
    """

    name: str
    count: int
    first: str
    detail: str


def find_overlaps(
    build: Build, against: Mapping[str, Sequence[Problem]], cleaning: Cleaning | None = None
) -> list[Overlap]:
    """Find the evaluation sets that a build's `sft` and `grpo` rows repeat questions of.

    Args:
        build: The build.
        against: Name of each evaluation set to its problems.
        cleaning: Options of the search; None for the defaults. Findings that it only reports do
            not count.

    Returns:
        One entry for each set with an overlap, in the order of `against`.
    """
    cleaning = cleaning or Cleaning()
    rows = list(_training_questions(build))
    wrapper = Wrapper.common(question for _, question in rows[:SAMPLE])
    found = []
    for name, problems in against.items():
        index = EvaluationIndex.build(_questions(name, problems), cleaning)
        hits = list(_hits(index, rows, wrapper, cleaning))
        if hits:
            found.append(Overlap(name, len(hits), *hits[0]))
    return found


def _training_questions(build: Build) -> Iterator[tuple[str, str]]:
    """Yield id and question of every training row."""
    for split in (Split.SFT, Split.GRPO):
        for row in build.rows(split):
            yield row["id"], row.get("question") or question_of(row["prompt"], build.style)


def _questions(name: str, problems: Sequence[Problem]) -> Iterator[Question]:
    wrapper = Wrapper.common(problem.question for problem in problems[:SAMPLE])
    for problem in problems:
        text = problem.question
        yield Question(f"{name}/{problem.id}", text, wrapper.unwrap(text), named=True)


def _hits(
    index: EvaluationIndex, rows: list[tuple[str, str]], wrapper: Wrapper, cleaning: Cleaning
) -> Iterator[tuple[str, str]]:
    """Yield id and finding of each row that repeats an evaluation question."""
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        questions = [question for _, question in batch]
        hashed = HashedWords.of(questions)
        sketches = sketch(questions, hashed, cleaning) if cleaning.near_threshold else None
        cores = [wrapper.unwrap(question) for question in questions]
        hits = index.search(questions, hashed, sketches, cores)
        for (row_id, _), hit in zip(batch, hits, strict=True):
            if hit is not None and hit.reason not in cleaning.report_only:
                yield row_id, hit.detail
