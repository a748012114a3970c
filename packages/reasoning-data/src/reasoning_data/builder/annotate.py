"""Per-row checks of a build, as a batched map that can run in several processes.

The annotations form a table of their own beside the problems: hashes for finding duplicates, lint
findings, hits in the evaluation index, and token counts.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reasoning_data.answers.agreement import answer_key
from reasoning_data.builder.length_statistics import MEASURES, count_steps
from reasoning_data.builder.problem_table import BATCH, problem_at
from reasoning_data.checks.cleaning import Cleaning
from reasoning_data.checks.contamination import EvaluationIndex
from reasoning_data.checks.hashed_words import HashedWords, hash64, hash128
from reasoning_data.checks.lint import lint, lint_lengths
from reasoning_data.checks.near_duplicates import band_shape, sketch
from reasoning_data.checks.token_counter import load_tokens
from reasoning_data.checks.wrappers import Wrapper
from reasoning_data.errors import Finding, Reason
from reasoning_data.problem import Problem
from reasoning_data.rendering import PromptStyle
from reasoning_data.splitting import Split, normalise

if TYPE_CHECKING:
    import datasets
    import pyarrow as pa


def band_column(band: int) -> str:
    """Return the name of the column that holds the hashes of a band."""
    return f"band_{band:03d}"


@dataclass(frozen=True, slots=True)
class Annotator:
    """Map function of the annotation; picklable, so that worker processes can receive it.

    Attributes:
        style: Prompt style that problems are rendered in.
        cleaning: Checks to run.
        index: Evaluation questions.
        wrappers: Source name to the text that the source puts around its questions.
        tokenizer: Path of the tokenizer for token counts; empty for none.
    """

    style: PromptStyle
    cleaning: Cleaning
    index: EvaluationIndex
    wrappers: Mapping[str, Wrapper]
    tokenizer: str = ""

    def __call__(self, batch: Mapping[str, list[str]]) -> "pa.Table":
        """Return the annotations of one batch of the problem table."""
        import pyarrow as pa

        questions = batch["question"]
        hashed = HashedWords.of(questions)
        near = self.cleaning.near_threshold
        sketches = sketch(questions, hashed, self.cleaning) if near else None
        wrappers = (self.wrappers.get(name, Wrapper()) for name in batch["source"])
        cores = [wrap.unwrap(text) for wrap, text in zip(wrappers, questions, strict=True)]
        hits = self.index.search(questions, hashed, sketches, cores)
        keys = [hash128(normalise(text)) for text in questions]
        ids = [hash128(text) for text in batch["id"]]
        columns: dict[str, Any] = {
            "id_high": [high for high, _ in ids],
            "id_low": [low for _, low in ids],
            "key_high": [high for high, _ in keys],
            "key_low": [low for _, low in keys],
            "gold": [hash64(answer_key(text)) for text in batch["answer"]],
            "reason": [],
            "detail": [],
            "flags": [],
            **{name: [] for name in MEASURES},
        }
        if sketches is not None:
            width = self.cleaning.permutations
            columns["signature"] = pa.FixedSizeListArray.from_arrays(
                pa.array(sketches.signatures.ravel()), width
            )
            for band, hashes in enumerate(sketches.bands.T):
                columns[band_column(band)] = np.ascontiguousarray(hashes)
        for row, hit in enumerate(hits):
            split = Split(batch["split"][row])
            problem = problem_at(batch, row)
            findings, prompt, completion = self._findings(problem, split)
            if hit is not None and split is not Split.EVAL:
                findings.append(Finding(hit.reason, hit.detail))
            self._add(columns, findings)
            measures = (
                len(problem.question.split()),
                len(problem.rationale.split()),
                count_steps(problem.rationale),
                prompt,
                completion,
            )
            for name, value in zip(MEASURES, measures, strict=True):
                columns[name].append(value)
        schema = features(self.cleaning).arrow_schema
        return pa.Table.from_arrays(
            [pa.array(columns[field.name], type=field.type) for field in schema], schema=schema
        )

    def _findings(self, problem: Problem, split: Split) -> tuple[list[Finding], int, int]:
        findings = lint(problem, split, self.style)
        if not self.tokenizer or any(f.reason is Reason.SCHEMA_BROKEN for f in findings):
            return findings, -1, -1
        counter = load_tokens(self.tokenizer)
        lengths, prompt, completion = lint_lengths(
            problem, split, self.style, self.cleaning, counter
        )
        return findings + lengths, prompt, completion

    def _add(self, columns: dict[str, Any], findings: list[Finding]) -> None:
        fatal = [f for f in findings if f.reason not in self.cleaning.report_only]
        flags = [[f.reason, f.detail] for f in findings if f.reason in self.cleaning.report_only]
        columns["reason"].append(fatal[0].reason.value if fatal else "")
        columns["detail"].append(fatal[0].detail if fatal else "")
        columns["flags"].append(json.dumps(flags) if flags else "")


def features(cleaning: Cleaning) -> "datasets.Features":
    """Return the columns of the annotation table."""
    import datasets

    columns: dict[str, Any] = {
        name: datasets.Value("uint64")
        for name in ("id_high", "id_low", "key_high", "key_low", "gold")
    }
    columns |= {name: datasets.Value("string") for name in ("reason", "detail", "flags")}
    columns |= {name: datasets.Value("int32") for name in MEASURES}
    if cleaning.near_threshold:
        columns["signature"] = datasets.List(datasets.Value("uint32"), length=cleaning.permutations)
        bands, _ = band_shape(cleaning.near_threshold, cleaning.permutations)
        columns |= {band_column(band): datasets.Value("uint64") for band in range(bands)}
    return datasets.Features(columns)


def annotate(
    table: "datasets.Dataset", annotator: Annotator, folder: Path, workers: int
) -> "datasets.Dataset":
    """Annotate every row of the problem table, keeping its order.

    Args:
        table: The problems.
        annotator: The map function.
        folder: Folder for the Arrow file of the result.
        workers: Number of processes.

    Returns:
        The annotations, memory-mapped.
    """
    with _spawned():
        return table.map(
            annotator,
            batched=True,
            batch_size=BATCH,
            num_proc=workers if workers > 1 else None,
            remove_columns=table.column_names,
            features=features(annotator.cleaning),
            cache_file_name=str(folder / "annotations.arrow"),
            load_from_cache_file=False,
            new_fingerprint="annotations",
            desc="checking",
        )


@contextmanager
def _spawned() -> Iterator[None]:
    """Start worker processes with `spawn` inside the block.

    `datasets` forks by default. A child forked from a process with threads (of rensa, Arrow or JAX)
    inherits their locks and may wait for them forever.
    """
    import multiprocess

    before = multiprocess.get_start_method(allow_none=True)
    multiprocess.set_start_method("spawn", force=True)
    try:
        yield
    finally:
        multiprocess.set_start_method(before, force=True)


def column_array(table: "datasets.Dataset", name: str) -> npt.NDArray[Any]:
    """Return a whole numeric column as a numpy array."""
    return np.asarray(table.data.column(name).to_numpy())
