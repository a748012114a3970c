"""Reader of GRPO's rollouts: means of each step, and one group of each step to show.

A large run has hundreds of thousands of rollouts, so only the means and one group of each file are
kept in memory. They are cached, so that a page rewritten every few seconds reads only new files.
"""

import json
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
"""Maximum number of completions kept of a step's group."""


@dataclass(frozen=True, slots=True)
class StepRollouts:
    """Rollouts of one step.

    Attributes:
        step: Update of GRPO, from 1.
        rows: Number of rollouts.
        characters: Mean length of the completions in characters.
        tokens: Mean length in tokens; None if it was not recorded.
        cut: Share of completions cut off at the length limit; None if it was not recorded.
        agreement: Agreement of reward and independent extractor; None if there are no rollouts.
        group: Completions of the first problem.
        skipped: Number of incomplete rows; 1 if the whole file cannot be read.
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
    """Read the files of all steps, in order."""
    if not folder.is_dir():
        return []
    steps = []
    for path in rollout_paths(folder):
        status = path.stat()
        steps.append(_read_step(path, status.st_mtime_ns, status.st_size))
    return [step for step in steps if step.rows or step.skipped]


@lru_cache(maxsize=100_000)
def _read_step(path: Path, mtime_ns: int, size: int) -> StepRollouts:
    """Read a step's file; `mtime_ns` and `size` are only part of the cache key."""
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
    """Convert a rollout to a prediction, which is correct if its correctness is 1."""
    held = mapping(record, "components") or record
    components = {name: v for name in COMPONENTS if (v := number(held, name)) is not None}
    components |= _judged(record)
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


def _judged(record: Record) -> dict[str, float]:
    """The judge's score and the value of each item of the rubric, where there are any."""
    try:
        items = json.loads(text(record, "judge_items") or "{}")
    except ValueError:
        items = {}
    found = {f"judge: {name}": number(items, name) for name in items}
    found = {"judge": number(record, "judge"), **found}
    return {name: value for name, value in found.items() if value is not None}


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None
