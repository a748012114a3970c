"""The held-out problems of a run, with the row each comes from."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reasoning_data import DataError
from reasoning_data.builder.writing import row_digest
from reasoning_data.inspect.read_build import iter_records, split_path
from reasoning_train.report.evaluations import Row


@dataclass(frozen=True, slots=True)
class HeldOutProblem:
    """One row of the held-out file.

    Attributes:
        row: Its number in the file, from 1.
        origin: Where the row was read from, if its source has such a place.
        digest: The row's digest, as `reasoning-data verify` knows it.
    """

    row: int
    question: str
    gold: str
    source: str
    license: str
    origin: str
    digest: str


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The held-out file: its name, SHA-256 and problems by id."""

    file: str = ""
    sha256: str = ""
    problems: Mapping[str, HeldOutProblem] | None = None

    def key(self, row: Row) -> str:
        """What makes two predictions predictions of the same problem: id, question, gold.

        Without the file the prompt stands for the question.
        """
        known = (self.problems or {}).get(row.id)
        question = known.question if known else row.prompt
        return "\0".join((row.id, question, row.gold))


def read_held_out(folder: Path) -> tuple[HeldOut, str]:
    """The held-out problems of a run's data folder, or none and why."""
    try:
        path = split_path(folder, "eval")
        problems = {
            str(record["id"]): HeldOutProblem(
                row=number,
                question=str(record.get("question") or ""),
                gold=str(record.get("gold") or ""),
                source=str(record.get("source") or ""),
                license=str(record.get("license") or ""),
                origin=str(record.get("origin") or ""),
                digest=row_digest(record).hex(),
            )
            for number, record in enumerate(iter_records(path), start=1)
        }
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except (DataError, OSError, ValueError, KeyError, AttributeError) as error:
        return HeldOut(), f"the held-out problems cannot be read: {error}"
    return HeldOut(path.name, sha256, problems), ""
