"""What a judge is told of each problem: its question, and the rubric items of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reasoning_data import Source
from reasoning_data.inspect.read_build import iter_records, split_path
from reasoning_data.splitting import Split
from reasoning_rewards import RewardError
from reasoning_rewards.judge import read_items
from reasoning_train.errors import UserError


@dataclass(frozen=True, slots=True)
class JudgedProblem:
    """A problem of GRPO.

    Attributes:
        question: Its text, without instructions.
        cell: The column with its items; None without such a column.
    """

    question: str
    cell: object = None


def judged_problems(data: Path, column: str) -> Mapping[str, JudgedProblem]:
    """Return the problems of GRPO by id.

    Args:
        data: The run's training files.
        column: The one with rubric items; empty for none.

    Raises:
        UserError: There is no such column, or a cell holds no items.
    """
    found = {}
    for row in iter_records(split_path(data, Split.GRPO)):
        if column and column not in row:
            raise UserError(_no_column(column))
        cell = row[column] if column else None
        try:
            read_items(cell)
        except RewardError as error:
            raise UserError(f"reward.rubric_column {column!r}: {row['id']}: {error}") from error
        found[row["id"]] = JudgedProblem(row["question"], cell)
    return found


def check_rubric_source(column: str, sources: Sequence[Source]) -> None:
    """Check that sources fill the column with rubric items.

    Raises:
        UserError: None of them does.
    """
    if column != "rubric" or not any(source.rubric for source in sources):
        raise UserError(_no_column(column))


def _no_column(column: str) -> str:
    return (
        f"reward.rubric_column: the data has no column {column!r}; rubric=FIELD of a source of "
        "rows fills the column 'rubric'"
    )
