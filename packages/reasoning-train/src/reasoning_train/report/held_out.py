"""Reader of a run's held-out problems, with the source row of each."""

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
    """Row of the held-out file.

    Attributes:
        row: Number of the row in the file, from 1.
        question: The question.
        gold: Reference answer.
        source: Name of its source.
        license: Licence of its source.
        origin: `file:line` that the row was read from; empty if unknown.
        digest: Digest of the row, as in `reasoning-data verify`.
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
    """Held-out file: its name, SHA-256, and problems by id (None if it cannot be read)."""

    file: str = ""
    sha256: str = ""
    problems: Mapping[str, HeldOutProblem] | None = None

    def key(self, row: Row) -> str:
        """Return a key that is equal for predictions of the same problem: id, question and gold.

        Without the file, the prompt is used instead of the question.
        """
        known = (self.problems or {}).get(row.id)
        question = known.question if known else row.prompt
        return "\0".join((row.id, question, row.gold))


def read_held_out(folder: Path) -> tuple[HeldOut, str]:
    """Read the held-out problems of a data folder.

    Returns:
        The problems, and why they cannot be read; one of the two is empty.
    """
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
