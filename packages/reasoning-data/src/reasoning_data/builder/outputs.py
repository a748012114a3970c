"""Content of a build's files: training rows, rejected rows and flagged rows."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reasoning_data.builder.decide import Verdicts
from reasoning_data.builder.problem_table import BATCH, problem_at
from reasoning_data.builder.writing import Record
from reasoning_data.errors import Reason, Reject
from reasoning_data.problem import Problem
from reasoning_data.rendering import (
    PromptStyle,
    render_completion,
    render_messages,
    render_prompt,
)
from reasoning_data.splitting import Split

if TYPE_CHECKING:
    import datasets

TEXT_KEPT = 200
MESSAGES = "messages"
RUBRIC = "rubric"
TASKS = (Split.GRPO, Split.EVAL)


def has_rubrics(table: "datasets.Dataset") -> bool:
    """Return whether any problem of the table has rubric items of its own."""
    import pyarrow.compute as pc

    return bool(pc.any(pc.not_equal(table.data.column(RUBRIC), "")).as_py())


def records(
    table: "datasets.Dataset", rows: Any, name: str, style: PromptStyle, *, rubric: bool = False
) -> Iterator[Record]:
    """Yield the rows of one output file.

    Args:
        table: The problems.
        rows: Row numbers `[K]`, in the order of the file.
        name: A split, or `messages`.
        style: Prompt style.
        rubric: Whether tasks have a column with the items of their problem.
    """
    for start in range(0, len(rows), BATCH):
        batch = table[rows[start : start + BATCH]]
        for i, origin in enumerate(batch["origin"]):
            problem = problem_at(batch, i)
            record = _record(problem, origin, name, style)
            yield {**record, RUBRIC: problem.rubric} if rubric else record


def _record(problem: Problem, origin: str, name: str, style: PromptStyle) -> Record:
    if name == MESSAGES:
        return {"id": problem.id, "messages": render_messages(problem, style)}
    prompt = render_prompt(problem.question, style)
    tail = {"source": problem.source, "license": problem.license, "origin": origin}
    if name == Split.SFT:
        completion = render_completion(problem, style)
        return {"id": problem.id, "prompt": prompt, "completion": completion, **tail}
    return {
        "id": problem.id,
        "prompt": prompt,
        "gold": problem.answer,
        "question": problem.question,
        **tail,
    }


def rejected_rows(
    table: "datasets.Dataset", notes: "datasets.Dataset", verdicts: Verdicts
) -> Iterator[Reject]:
    """Yield every rejected row, in the order of the table."""
    reasons = list(Reason)
    rows = np.flatnonzero(~verdicts.kept)
    details = notes.select_columns(["detail"])
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        batch, found = table[part], details[part]["detail"]
        twins = verdicts.twins[part]
        names = table[np.maximum(twins, 0)]["id"]
        for i, row in enumerate(part):
            reason = reasons[verdicts.reasons[row] - 1]
            detail = f"of {names[i]!r}" if twins[i] >= 0 else found[i]
            yield _reject(batch, i, reason, detail)


def flagged_rows(
    table: "datasets.Dataset", notes: "datasets.Dataset", written: npt.NDArray[np.int64]
) -> Iterator[Reject]:
    """Yield every report-only finding on the rows `written` `[K]`, in the order of the table."""
    start, kept = 0, np.zeros(len(table), dtype=bool)
    kept[written] = True
    for batch in notes.select_columns(["flags"]).iter(BATCH):
        flags = batch["flags"]
        part = [i for i, text in enumerate(flags) if text and kept[start + i]]
        rows = table[[start + i for i in part]] if part else {}
        for row, i in enumerate(part):
            for reason, detail in json.loads(flags[i]):
                yield _reject(rows, row, Reason(reason), detail)
        start += len(flags)


def _reject(batch: Mapping[str, list[str]], i: int, reason: Reason, detail: str) -> Reject:
    text = batch["question"][i][:TEXT_KEPT]
    return Reject(batch["id"][i], reason, detail, batch["origin"][i], batch["split"][i], text)
