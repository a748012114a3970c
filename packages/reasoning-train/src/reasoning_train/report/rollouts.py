"""The rollouts of GRPO, one file a step: lengths over training, and a group of each step to read.

A large run has hundreds of thousands of rollouts, so a file is read once and only its means and one
group stay in memory. A page that is rewritten every few seconds reads only the files that are new.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from statistics import fmean

import pyarrow as pa
import pyarrow.parquet as pq

from reasoning_train.evaluation.divergence import StepAgreement, divergence
from reasoning_train.report.evaluations import COMPONENTS, Row, independent_reading
from reasoning_train.run_dir.records import Record, mapping, number, text, truth
from reasoning_train.run_dir.rollout_files import rollout_paths

GROUP_LIMIT = 16
"""Completions kept of a step's group."""


@dataclass(frozen=True, slots=True)
class StepRollouts:
    """One step.

    Attributes:
        rows: Rollouts in the file.
        characters: Mean length of the completions.
        tokens: Mean length in tokens; None if the file does not hold it.
        cut: Share of the completions that met the limit; None if the file does not hold it.
        agreement: What the reward and the independent extractor say; None without any rollout.
        group: Completions of the file's first problem.
        skipped: Rows that lack what is needed; 1 if the whole file cannot be read.
    """

    step: int
    rows: int
    characters: float
    tokens: float | None
    cut: float | None
    agreement: StepAgreement | None
    group: tuple[Row, ...]
    skipped: int


def read_rollouts(folder: Path) -> list[StepRollouts]:
    """Every step's file, in order."""
    if not folder.is_dir():
        return []
    steps = []
    for path in rollout_paths(folder):
        status = path.stat()
        steps.append(_read_step(path, status.st_mtime_ns, status.st_size))
    return [step for step in steps if step.rows or step.skipped]


@lru_cache(maxsize=100_000)
def _read_step(path: Path, mtime_ns: int, size: int) -> StepRollouts:
    """The file as it was at `mtime_ns` with `size` bytes, which make a new key when it changes."""
    try:
        records = pq.read_table(path).to_pylist()
    except (pa.ArrowException, OSError):  # cut short by a copy, or no Parquet at all
        return StepRollouts(int(path.stem), 0, 0.0, None, None, None, (), 1)
    skipped = 0
    characters: list[int] = []
    tokens: list[float] = []
    finished: list[bool] = []
    group: list[Row] = []
    scored: list[Record] = []
    for record in records:
        if not _is_rollout(record):
            skipped += 1
            continue
        scored.append({**record, "step": int(path.stem)})
        characters.append(len(text(record, "completion")))
        length, end = number(record, "tokens"), truth(record, "finished")
        if length is not None:
            tokens.append(length)
        if end is not None:
            finished.append(end)
        if len(group) < GROUP_LIMIT and (not group or group[0].id == text(record, "id")):
            group.append(rollout_row(record))
    return StepRollouts(
        step=int(path.stem),
        rows=len(characters),
        characters=fmean(characters) if characters else 0.0,
        tokens=_mean(tokens),
        cut=_mean([not end for end in finished]),
        agreement=next(iter(divergence(scored)), None),
        group=tuple(group),
        skipped=skipped,
    )


def _is_rollout(record: Record) -> bool:
    texts = all(isinstance(record.get(key), str) for key in ("id", "completion", "gold"))
    return texts and all(number(record, key) is not None for key in ("correctness", "total"))


def rollout_row(record: Record) -> Row:
    """A rollout as a prediction: it is right when its correctness is full."""
    held = mapping(record, "components") or record
    components = {name: v for name in COMPONENTS if (v := number(held, name)) is not None}
    return Row(
        id=text(record, "id"),
        prompt=text(record, "prompt"),
        completion=text(record, "completion"),
        gold=text(record, "gold"),
        status=text(record, "status"),
        correct=components.get("correctness") == 1.0,
        lenient=None,
        independent=independent_reading(record),
        finished=truth(record, "finished"),
        total=number(record, "total"),
        components=components,
        stated_confidence=number(record, "stated_confidence"),
        tokens=number(record, "tokens"),
        fault=text(record, "fault"),
    )


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None
