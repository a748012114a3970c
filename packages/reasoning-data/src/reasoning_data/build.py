"""From problems to a folder of training files with a manifest.

The steps: write the problems to a table on disk, annotate every row (in parallel), decide which
stay, write the splits in batches, and only then put the folder in its place. Nothing depends on the
number of processes or on the clock, so the same input gives the same bytes.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reasoning_data.annotate import Annotator, annotate
from reasoning_data.cleaning import Cleaning
from reasoning_data.contamination import EvaluationIndex
from reasoning_data.decide import Verdicts, decide
from reasoning_data.errors import DataError, Reason, Reject
from reasoning_data.manifest import (
    FileEntry,
    Manifest,
    SourceEntry,
    file_entry,
    package_versions,
    write_manifest,
)
from reasoning_data.problem import Problem
from reasoning_data.rendering import (
    PromptStyle,
    get_style,
    render_completion,
    render_messages,
    render_prompt,
)
from reasoning_data.splitting import DEFAULT_FRACTIONS, Split, assign_split, check_fractions
from reasoning_data.staging import staged_folder
from reasoning_data.table import BATCH, Item, write_table
from reasoning_data.tokens import load_tokens, tokenizer_sha256
from reasoning_data.writing import (
    DIGESTS,
    FLAGS,
    FORMATS,
    REJECTS,
    DigestWriter,
    Record,
    write_records,
    write_rejects,
)

if TYPE_CHECKING:
    import datasets

Problems = Iterable[Problem | Item | Reject]
TEXT_KEPT = 200


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """Options of a build.

    Attributes:
        style: How problems are rendered.
        fractions: Share of each split, for rows whose split the caller did not choose.
        seed: Seed of the assignment to splits.
        cleaning: What is checked, and what only reported.
        tokenizer: Path of a tokenizer to count tokens with; empty for none.
        file_format: `parquet` or `jsonl`.
        messages: Write `messages` too: the `sft` split as chat messages.
        workers: Processes; without influence on the bytes.
        overwrite: Replace a build that is already there.
        against: Named evaluation sets that no training row may come from.
        sources: What the manifest says of the inputs.
    """

    style: PromptStyle = field(default_factory=lambda: get_style("gemma"))
    fractions: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_FRACTIONS))
    seed: int = 0
    cleaning: Cleaning = field(default_factory=Cleaning)
    tokenizer: str = ""
    file_format: str = "parquet"
    messages: bool = True
    workers: int = 1
    overwrite: bool = False
    against: Mapping[str, Iterable[Problem]] = field(default_factory=dict)
    sources: tuple[SourceEntry, ...] = ()

    def __post_init__(self) -> None:
        if self.file_format not in FORMATS:
            raise DataError(f"no file format {self.file_format!r}; choose parquet or jsonl")
        if self.workers < 1:
            raise DataError(f"workers must be at least 1: {self.workers!r}")
        limits = self.cleaning.max_prompt_tokens or self.cleaning.max_completion_tokens
        if limits and not self.tokenizer:
            raise DataError("a limit in tokens needs a tokenizer; give its path")

    def as_dict(self) -> dict[str, Any]:
        """The options that have an influence on the bytes, as plain values."""
        tokenizer = None
        if self.tokenizer:
            name = Path(self.tokenizer).name
            tokenizer = {"name": name, "sha256": tokenizer_sha256(self.tokenizer)}
        return {
            "style": self.style.as_dict(),
            "fractions": dict(self.fractions),
            "seed": self.seed,
            "cleaning": self.cleaning.as_dict(),
            "tokenizer": tokenizer,
            "file_format": self.file_format,
            "messages": self.messages,
            "against": sorted(self.against),
        }


def prepare_training_data(
    problems: Problems | Mapping[str, Problems],
    output: str | Path,
    *,
    style: str | PromptStyle = "gemma",
    fractions: Mapping[str, float] = DEFAULT_FRACTIONS,
    seed: int = 0,
    cleaning: Cleaning = Cleaning(),  # noqa: B008 - frozen
    tokenizer: str = "",
    file_format: str = "parquet",
    messages: bool = True,
    against: Mapping[str, Iterable[Problem]] | None = None,
    workers: int = 1,
    overwrite: bool = False,
) -> Manifest:
    """Clean, split and render problems, and write them as training files with a manifest.

    Args:
        problems: Problems, as any iterable (it is read once and never held as a whole), split by a
            hash of each question; or, to choose the split yourself, a mapping from `sft`, `grpo`
            and `eval` to problems. In a mapping the same problem may stand in `sft` and `grpo`.
        output: Folder to write; it appears only when the build is whole.
        style: Name of a style (`gemma`, `bare`) or a style.
        fractions: Share of each split when the hash decides.
        seed: Seed of that hash.
        cleaning: What is checked; see `Cleaning`.
        tokenizer: Folder or SentencePiece model to count tokens with.
        file_format: `parquet` or `jsonl`.
        messages: Write the `sft` split as chat messages too.
        against: Named evaluation sets; training rows that come from them are rejected.
        workers: Processes for the checks; the bytes do not depend on it.
        overwrite: Replace a build that is already in `output`.

    Returns:
        The manifest, as written.

    Raises:
        DataError: An option is wrong, `output` is taken, or no row is left.
    """
    options = BuildOptions(
        style=get_style(style),
        fractions=check_fractions(fractions),
        seed=seed,
        cleaning=cleaning,
        tokenizer=tokenizer,
        file_format=file_format,
        messages=messages,
        workers=workers,
        overwrite=overwrite,
        against=against or {},
    )
    if not isinstance(problems, Mapping):
        return run_build(_items(problems, ""), Path(output), options, chosen=False)
    unknown = [name for name in problems if name not in set(Split)]
    if unknown:
        raise DataError(f"no split {unknown[0]!r}; splits are {', '.join(Split)}")
    items = chain.from_iterable(_items(rows, name) for name, rows in problems.items())
    return run_build(items, Path(output), options, chosen=True)


def _items(problems: Problems, split: str) -> Iterator[Item | Reject]:
    for problem in problems:
        yield Item(problem, split=split) if isinstance(problem, Problem) else problem


def run_build(
    items: Iterable[Item | Reject], output: Path, options: BuildOptions, *, chosen: bool
) -> Manifest:
    """Build from items that know where they come from; see `prepare_training_data`.

    Args:
        items: Problems with their origin, and the rows that could not be made problems.
        output: Folder to write.
        options: The options.
        chosen: Whether the caller chose the splits; duplicates are then sought inside each split.
    """
    if options.tokenizer:
        load_tokens(options.tokenizer)
    with staged_folder(output, overwrite=options.overwrite) as folder:
        work = folder / ".work"
        work.mkdir()
        table, rejects = write_table(_with_split(items, options), work / "problems.arrow")
        if not len(table):
            raise DataError(_nothing_left(rejects))
        index = EvaluationIndex.build(_evaluation(table, options), options.cleaning)
        annotator = Annotator(options.style, options.cleaning, index, options.tokenizer)
        notes = annotate(table, annotator, work, options.workers)
        splits = np.array(table.data.column("split").to_pylist())
        verdicts = decide(notes, _scope(splits, chosen=chosen), options.cleaning)
        if not verdicts.kept.any():
            raise DataError(_nothing_left([*rejects, *_row_rejects(table, notes, verdicts)]))
        manifest = _write(folder, table, notes, splits, verdicts, rejects, options)
        for path in sorted(work.iterdir()):
            path.unlink()
        work.rmdir()
        return manifest


def _with_split(items: Iterable[Item | Reject], options: BuildOptions) -> Iterator[Item | Reject]:
    for item in items:
        if isinstance(item, Reject) or item.split:
            yield item
        else:
            split = assign_split(item.problem.question, options.fractions, options.seed)
            yield Item(item.problem, item.origin, split.value)


def _evaluation(
    table: "datasets.Dataset", options: BuildOptions
) -> Iterator[tuple[str, str, bool]]:
    for name, problems in sorted(options.against.items()):
        for problem in problems:
            yield f"{name}/{problem.id}", problem.question, True
    for batch in table.select_columns(["id", "question", "split"]).iter(BATCH):
        for row, split in enumerate(batch["split"]):
            if split == Split.EVAL:
                yield batch["id"][row], batch["question"][row], False


def _scope(splits: Any, *, chosen: bool) -> Any:
    """Rows that may be duplicates of each other: of a chosen split, else training or evaluation."""
    names = list(Split)
    if not chosen:
        return (splits == Split.EVAL).astype(np.uint64)
    return np.array([names.index(Split(split)) for split in splits], dtype=np.uint64)


def _nothing_left(rejects: list[Reject]) -> str:
    if not rejects:
        return "there are no problems to build from"
    first = rejects[0]
    return (
        f"no row is left of {len(rejects)}; the first, {first.id!r}, was rejected as "
        f"{first.reason}: {first.detail}"
    )


def _row_rejects(
    table: "datasets.Dataset", notes: "datasets.Dataset", verdicts: Verdicts
) -> Iterator[Reject]:
    reasons = list(Reason)
    rows = np.flatnonzero(~verdicts.kept)
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        batch, found = table[part], notes.select_columns(["detail"])[part]
        twins = verdicts.twins[part]
        names = table[np.maximum(twins, 0)]["id"]
        for i, row in enumerate(part):
            reason = reasons[verdicts.reasons[row] - 1]
            detail = f"of {names[i]!r}" if twins[i] >= 0 else found["detail"][i]
            yield _reject(batch, i, reason, detail)


def _flags(table: "datasets.Dataset", notes: "datasets.Dataset", kept: Any) -> Iterator[Reject]:
    start = 0
    for texts in notes.select_columns(["flags"]).iter(BATCH):
        part = [start + i for i, text in enumerate(texts["flags"]) if text and kept[start + i]]
        batch = table[part]
        for i, row in enumerate(part):
            for reason, detail in json.loads(texts["flags"][row - start]):
                yield _reject(batch, i, Reason(reason), detail)
        start += len(texts["flags"])


def _reject(batch: Mapping[str, list[str]], i: int, reason: Reason, detail: str) -> Reject:
    text = batch["question"][i][:TEXT_KEPT]
    return Reject(batch["id"][i], reason, detail, batch["origin"][i], batch["split"][i], text)


def _records(
    table: "datasets.Dataset", rows: Any, name: str, style: PromptStyle
) -> Iterator[Record]:
    for start in range(0, len(rows), BATCH):
        batch = table[rows[start : start + BATCH]]
        for i in range(len(batch["id"])):
            fields = ("id", "question", "answer", "rationale", "source", "license")
            problem = Problem(**{key: batch[key][i] for key in fields})
            yield _record(problem, batch["origin"][i], name, style)


def _record(problem: Problem, origin: str, name: str, style: PromptStyle) -> Record:
    if name == "messages":
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


def _write(
    folder: Path,
    table: "datasets.Dataset",
    notes: "datasets.Dataset",
    splits: Any,
    verdicts: Verdicts,
    rejects: list[Reject],
    options: BuildOptions,
) -> Manifest:
    files: dict[str, FileEntry] = {}
    rows = {split.value: np.flatnonzero(verdicts.kept & (splits == split)) for split in Split}
    outputs = {**rows, "messages": rows["sft"]} if options.messages else rows
    with DigestWriter(folder) as digests:
        for name, chosen in outputs.items():
            records = _records(table, chosen, name, options.style)
            file, entry = write_records(name, records, folder, options.file_format, digests)
            files[file] = entry
    files[DIGESTS] = file_entry(folder / DIGESTS, digests.rows)
    counts: dict[str, Counter[str]] = {REJECTS: Counter(), FLAGS: Counter()}

    def counted(name: str, found: Iterable[Reject]) -> Iterator[Reject]:
        for reject in found:
            counts[name][reject.reason.value] += 1
            yield reject

    refused = chain(rejects, _row_rejects(table, notes, verdicts))
    files[REJECTS] = write_rejects(counted(REJECTS, refused), folder / REJECTS)
    flagged = counted(FLAGS, _flags(table, notes, verdicts.kept))
    files[FLAGS] = write_rejects(flagged, folder / FLAGS)
    licenses = Counter(table.select(np.flatnonzero(verdicts.kept))["license"])
    manifest = Manifest(
        files=files,
        splits={name: len(chosen) for name, chosen in rows.items()},
        steps=(
            ("read", len(table) + len(rejects)),
            ("readable", len(table)),
            *verdicts.steps,
        ),
        rejected=dict(sorted(counts[REJECTS].items())),
        flagged=dict(sorted(counts[FLAGS].items())),
        licenses=dict(sorted(licenses.items())),
        sources=options.sources or _sources_of(table),
        config=options.as_dict(),
        statistics={},
        versions=package_versions(),
    )
    return write_manifest(manifest, folder)


def _sources_of(table: "datasets.Dataset") -> tuple[SourceEntry, ...]:
    """The sources that problems handed over in memory name themselves."""
    counts = Counter(zip(table["source"], table["license"], strict=True))
    return tuple(
        SourceEntry(name, "problems", name, "", "", license, rows)
        for (name, license), rows in sorted(counts.items())
    )
