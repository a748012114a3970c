"""Pipeline of a build: from problems to a folder of training files with a manifest.

The steps: write the problems to a table on disk, annotate every row (in parallel), decide which
rows stay, write the splits in batches, and finally move the folder into place. Nothing depends on
the number of processes or on the clock, so the same input gives the same bytes.
"""

import dataclasses
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reasoning_data.answers.agreement import contradicts
from reasoning_data.builder.annotate import Annotator, annotate, column_array
from reasoning_data.builder.decide import Verdicts, decide
from reasoning_data.builder.length_statistics import MEASURES, describe_rows
from reasoning_data.builder.mixing import mixture_order
from reasoning_data.builder.outputs import (
    MESSAGES,
    RUBRIC,
    TASKS,
    flagged_rows,
    has_rubrics,
    records,
    rejected_rows,
)
from reasoning_data.builder.problem_table import BATCH, reopen, write_table
from reasoning_data.builder.staging import staged_folder
from reasoning_data.builder.writing import (
    DIGESTS,
    FLAGS,
    REJECTS,
    DigestWriter,
    write_records,
    write_rejects,
)
from reasoning_data.checks.cleaning import Cleaning
from reasoning_data.checks.contamination import EvaluationIndex, Question
from reasoning_data.checks.near_duplicates import Indices
from reasoning_data.checks.token_counter import load_tokens
from reasoning_data.checks.wrappers import SAMPLE, Wrapper
from reasoning_data.config import BuildOptions
from reasoning_data.errors import BAD_INPUT, DataError, Reason, Reject
from reasoning_data.manifest import (
    FileEntry,
    Manifest,
    SourceEntry,
    file_entry,
    package_versions,
    write_manifest,
)
from reasoning_data.problem import Item, Problem
from reasoning_data.rendering import PromptStyle
from reasoning_data.splitting import DEFAULT_FRACTIONS, Split, assign_split

if TYPE_CHECKING:
    import datasets

WORK = ".work"
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Stream:
    """One input of a build, read once.

    Attributes:
        items: Its problems, and the rows that could not be converted.
        weight: Its weight in the mixture.
        entry: Function from the number of rows read to its entry in the manifest; None to list the
            sources that the problems name themselves.
    """

    items: Iterable[Item | Reject]
    weight: float = 1.0
    entry: Callable[[int], SourceEntry] | None = None


def prepare_training_data(
    problems: Iterable[Problem] | Mapping[str, Iterable[Problem]],
    output: str | Path,
    *,
    style: str | PromptStyle = "gemma",
    fractions: Mapping[str, float] = DEFAULT_FRACTIONS,
    seed: int = 0,
    cleaning: Cleaning | None = None,
    tokenizer: str | Path = "",
    file_format: str = "parquet",
    messages: bool = True,
    against: Mapping[str, Iterable[Problem]] | None = None,
    workers: int = 1,
    overwrite: bool = False,
    strict: bool = False,
    progress: bool = False,
    sources: Sequence[SourceEntry] = (),
) -> Manifest:
    """Clean, split and render problems, and write them as training files with a manifest.

    Args:
        problems: Any iterable of problems, which is read once and never held in memory as a whole;
            a hash of each question decides its split. To choose the splits yourself, pass a mapping
            from `sft`, `grpo` and `eval` to problems; the same problem may then be in both `sft`
            and `grpo`.
        output: Folder to write. It appears only when the build is complete.
        style: A prompt style, or the name of one (`gemma`, `gemma-pt`, `bare`).
        fractions: Share of each split, if the hash decides. Of rows without a rationale, the share
            of `sft` goes to `grpo`.
        seed: Seed of that hash.
        cleaning: Options of the cleaning; None for the defaults of `Cleaning`.
        tokenizer: Folder or SentencePiece model to count tokens with.
        file_format: `parquet` or `jsonl`.
        messages: Also write the `sft` split as chat messages.
        against: Named evaluation sets; training rows that repeat their questions are rejected.
        workers: Number of processes for the checks; the output does not depend on it.
        overwrite: Replace an existing build in `output`.
        strict: Raise at the first row of bad input instead of listing it.
        progress: Show progress bars on standard error.
        sources: Entries for the manifest that say where the problems were read from; if empty, the
            sources that the problems name themselves.

    Returns:
        The manifest, as written.

    Raises:
        DataError: An option is wrong, `output` must not be replaced, or no row is left.
    """
    options = BuildOptions.parse(
        {
            "style": style,
            "fractions": fractions,
            "seed": seed,
            "cleaning": cleaning or Cleaning(),
            "tokenizer": str(tokenizer),
            "format": file_format,
            "messages": messages,
            "workers": workers,
            "overwrite": overwrite,
            "strict": strict,
            "progress": progress,
        }
    )
    sets = {name: list(found) for name, found in (against or {}).items()}
    if not isinstance(problems, Mapping):
        stream = Stream(Item(problem) for problem in problems)
        return run_build([stream], Path(output), options, sets, chosen=False, sources=sources)
    unknown = [name for name in problems if name not in set(Split)]
    if unknown:
        raise DataError(f"no split {unknown[0]!r}; splits are {', '.join(Split)}")
    stream = Stream(Item(p, split=name) for name, rows in problems.items() for p in rows)
    return run_build([stream], Path(output), options, sets, chosen=True, sources=sources)


def run_build(
    streams: Sequence[Stream],
    output: Path,
    options: BuildOptions,
    against: Mapping[str, Sequence[Problem]],
    *,
    chosen: bool,
    sources: Sequence[SourceEntry] = (),
) -> Manifest:
    """Build from streams of items; see `prepare_training_data`.

    Args:
        streams: The inputs. Several are mixed by weight within each training split.
        output: Folder to write.
        options: Options of the build.
        against: Named evaluation sets whose questions training rows must not repeat.
        chosen: Whether the caller chose every split; duplicates are then sought within each split.
        sources: Entries of the manifest, for streams without `entry`.

    Raises:
        DataError: `output` must not be replaced, the input is bad, or no row is left.
    """
    if options.tokenizer:
        load_tokens(options.tokenizer)
    style = options.prompt_style()
    with staged_folder(output, overwrite=options.overwrite) as folder, _progress(options):
        work = folder / WORK
        work.mkdir()
        read: Counter[int] = Counter()
        items = _numbered(streams, options, read)
        table, rejects = write_table(items, work / "problems.arrow")
        if not len(table):
            raise DataError(_nothing_left(rejects))
        wrappers = _wrappers(table)
        index = EvaluationIndex.build(_evaluation(table, wrappers, against), options.cleaning)
        table = reopen(table)
        annotator = Annotator(style, options.cleaning, index, wrappers, options.tokenizer)
        notes = annotate(table, annotator, work, options.processes)
        del index, annotator
        table = reopen(table)
        splits = np.array(table.data.column("split").to_pylist())
        verdicts = decide(
            notes, _scope(splits, chosen=chosen), options.cleaning, _contradiction(table)
        )
        notes = reopen(notes)
        _check(table, notes, verdicts, options)
        rows = _ordered_rows(table, splits, verdicts, [s.weight for s in streams], options)
        files, rejected, flagged = _write_files(
            folder, table, notes, verdicts, rows, rejects, options
        )
        entries = [s.entry(read[i]) for i, s in enumerate(streams) if s.entry]
        measures = {name: column_array(notes, name) for name in MEASURES}
        manifest = Manifest(
            files=files,
            splits={name: len(found) for name, found in rows.items()},
            steps=(("read", read.total()), ("readable", len(table)), *verdicts.steps),
            rejected=dict(sorted(rejected.items())),
            flagged=dict(sorted(flagged.items())),
            licenses=_count(table.select(np.sort(np.concatenate([*rows.values()]))), "license"),
            sources=tuple(entries) or tuple(sources) or _named_sources(table),
            config=options.recorded()
            | {"against": {name: _digest(found) for name, found in sorted(against.items())}},
            statistics={name: describe_rows(measures, found) for name, found in rows.items()},
            versions=package_versions(),
        )
        for path in work.iterdir():
            path.unlink()
        work.rmdir()
        return write_manifest(manifest, folder)


@contextmanager
def _progress(options: BuildOptions) -> Iterator[None]:
    """Switch the progress bars of `datasets` on or off inside the block; the switch is global."""
    import datasets

    before = datasets.are_progress_bars_disabled()
    (datasets.enable_progress_bars if options.progress else datasets.disable_progress_bars)()
    try:
        yield
    finally:
        (datasets.disable_progress_bars if before else datasets.enable_progress_bars)()


def _numbered(
    streams: Sequence[Stream], options: BuildOptions, read: Counter[int]
) -> Iterator[Item | Reject]:
    """Yield all items with their stream and split, and count the rows read in `read`."""
    for number, stream in enumerate(streams):
        for item in stream.items:
            read[number] += 1
            item = _encodable(item)
            if isinstance(item, Reject):
                if options.strict:
                    raise DataError(f"{item.origin}: {item.reason}: {item.detail}")
                yield item
                continue
            split = item.split or _split_of(item.problem, options)
            yield dataclasses.replace(item, split=split, stream=number)


def _split_of(problem: Problem, options: BuildOptions) -> str:
    """Return the split of a problem; one without a rationale has nothing to show in `sft`."""
    shares = dict(options.fractions)
    if not problem.rationale.strip():
        shares = {**shares, "sft": 0.0, "grpo": shares["sft"] + shares["grpo"]}
    return assign_split(problem.question, shares, options.seed, options.held_out_seed).value


def _encodable(item: Item | Reject) -> Item | Reject:
    """Return the item, or a reject if its text has a lone surrogate, which UTF-8 cannot encode."""
    if isinstance(item, Reject):
        return item
    for text in (item.problem.question, item.problem.answer, item.problem.rationale):
        if found := SURROGATE.search(text):
            detail = f"a lone surrogate {found.group()!r}"
            return Reject(item.problem.id, Reason.WRONG_ENCODING, detail, item.origin, item.split)
    return item


def _wrappers(table: "datasets.Dataset") -> dict[str, Wrapper]:
    """Map each source to the text it puts around its questions, judged by its first rows."""
    samples: dict[str, list[str]] = {}
    for batch in table.select_columns(["source", "question"]).iter(BATCH):
        for source, question in zip(batch["source"], batch["question"], strict=True):
            sample = samples.setdefault(source, [])
            if len(sample) < SAMPLE:
                sample.append(question)
    return {source: Wrapper.common(sample) for source, sample in samples.items()}


def _evaluation(
    table: "datasets.Dataset",
    wrappers: Mapping[str, Wrapper],
    against: Mapping[str, Sequence[Problem]],
) -> Iterator[Question]:
    """Yield the questions of all evaluation rows, those of the named sets first."""
    for name, problems in sorted(against.items()):
        wrapper = Wrapper.common(problem.question for problem in problems[:SAMPLE])
        for problem in problems:
            text = problem.question
            yield Question(f"{name}/{problem.id}", text, wrapper.unwrap(text), named=True)
    columns = ["id", "question", "split", "source"]
    for batch in table.select_columns(columns).iter(BATCH):
        for row, split in enumerate(batch["split"]):
            if split == Split.EVAL:
                text = batch["question"][row]
                core = wrappers[batch["source"][row]].unwrap(text)
                yield Question(batch["id"][row], text, core, named=False)


def _scope(splits: Any, *, chosen: bool) -> Any:
    """Return `[N]` group numbers; only rows of the same group can be duplicates of each other.

    Groups are the splits if the caller chose them, otherwise training and evaluation.
    """
    if not chosen:
        return (splits == Split.EVAL).astype(np.uint64)
    names = list(Split)
    return np.array([names.index(Split(split)) for split in splits], dtype=np.uint64)


def _contradiction(
    table: "datasets.Dataset",
) -> Callable[[Indices, Indices], npt.NDArray[np.bool_]]:
    """Return a function that tells for pairs of rows whether their golds contradict each other."""
    golds = table.data.column("answer")

    def contradict(left: Indices, right: Indices) -> npt.NDArray[np.bool_]:
        pairs = zip(golds.take(left).to_pylist(), golds.take(right).to_pylist(), strict=True)
        return np.array([contradicts(said, gold) for said, gold in pairs], dtype=bool)

    return contradict


def _check(
    table: "datasets.Dataset", notes: "datasets.Dataset", verdicts: Verdicts, options: BuildOptions
) -> None:
    """Raise if no row is left, or if a strict build has met bad input."""
    if not verdicts.kept.any():
        raise DataError(_nothing_left(list(rejected_rows(table, notes, verdicts))))
    if options.strict:
        for reject in rejected_rows(table, notes, verdicts):
            if reject.reason in BAD_INPUT:
                raise DataError(f"{reject.origin or reject.id}: {reject.reason}: {reject.detail}")


def _nothing_left(rejects: list[Reject]) -> str:
    if not rejects:
        return "the sources contain no problems"
    first = rejects[0]
    return (
        f"no row remains of {len(rejects)}; the first, {first.origin or first.id!r}, was rejected: "
        f"{first.reason}: {first.detail}"
    )


def _ordered_rows(
    table: "datasets.Dataset",
    splits: Any,
    verdicts: Verdicts,
    weights: list[float],
    options: BuildOptions,
) -> dict[str, Any]:
    """Return the row numbers of each split in output order.

    Rows keep the order of reading, except that training splits of several streams are mixed. Of a
    split with more rows than its cap, the first of the mixture stay.
    """
    rows = {split.value: np.flatnonzero(verdicts.kept & (splits == split)) for split in Split}
    stream = column_array(table, "stream")
    for name, found in rows.items():
        held_out = name == Split.EVAL
        cap = options.caps.get(name, len(found))
        parts = [found[stream[found] == i] for i in range(len(weights))]
        several = sum(len(part) > 0 for part in parts) > 1
        if cap >= len(found) and (held_out or not several):
            continue
        fixed = options.held_out_seed if held_out else None
        seed = options.seed if fixed is None else fixed
        order = mixture_order([len(part) for part in parts], weights, seed)[:cap]
        chosen = np.concatenate(parts)[order]
        rows[name] = np.sort(chosen) if held_out else chosen
    return rows


def _write_files(
    folder: Path,
    table: "datasets.Dataset",
    notes: "datasets.Dataset",
    verdicts: Verdicts,
    rows: dict[str, Any],
    rejects: list[Reject],
    options: BuildOptions,
) -> tuple[dict[str, FileEntry], Counter[str], Counter[str]]:
    """Write everything except the manifest.

    Returns:
        Entries by file name, rejected rows by reason, and flagged rows by reason.
    """
    files: dict[str, FileEntry] = {}
    outputs = {**rows, MESSAGES: rows["sft"]} if options.messages else rows
    rubric = has_rubrics(table)
    with DigestWriter(folder) as digests:
        for name, chosen in outputs.items():
            own = rubric and name in TASKS
            found = records(table, chosen, name, options.prompt_style(), rubric=own)
            file, entry = write_records(
                name, found, folder, options.format, digests, (RUBRIC,) if own else ()
            )
            files[file] = entry
    files[DIGESTS] = file_entry(folder / DIGESTS, digests.rows)
    streams = [iter(rejects), rejected_rows(table, notes, verdicts)]
    files[REJECTS], rejected = write_rejects(streams, folder / REJECTS)
    flags = [flagged_rows(table, notes, np.sort(np.concatenate([*rows.values()])))]
    files[FLAGS], flagged = write_rejects(flags, folder / FLAGS)
    return files, rejected, flagged


def _digest(problems: Sequence[Problem]) -> dict[str, object]:
    """Return the number of questions of an evaluation set and one SHA-256 over all of them."""
    text = json.dumps([problem.question for problem in problems])
    return {"questions": len(problems), "sha256": hashlib.sha256(text.encode()).hexdigest()}


def _count(table: "datasets.Dataset", column: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for batch in table.select_columns([column]).iter(BATCH):
        counts.update(batch[column])
    return dict(sorted(counts.items()))


def _named_sources(table: "datasets.Dataset") -> tuple[SourceEntry, ...]:
    """Return entries for the sources named by problems that were passed in memory."""
    counts: Counter[tuple[str, str]] = Counter()
    for batch in table.select_columns(["source", "license"]).iter(BATCH):
        counts.update(zip(batch["source"], batch["license"], strict=True))
    return tuple(
        SourceEntry(name, "problems", name, "", "", license, rows)
        for (name, license), rows in sorted(counts.items())
    )
