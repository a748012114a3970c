"""Preview of a build: some rows as the model will see them, and the lengths of all rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from reasoning_data.checks.token_counter import TokenCounter, load_tokens
from reasoning_data.errors import DataError
from reasoning_data.inspect.read_build import iter_records, split_path
from reasoning_data.manifest import Manifest, read_manifest
from reasoning_data.splitting import Split

BOS = "<bos>"
BINS = 12


@dataclass(frozen=True, slots=True)
class Token:
    """Token of a row: its text, and whether the loss counts it."""

    text: str
    loss: bool


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """Row of a preview: the tokens of `<bos>`, the prompt, and in `sft` the completion."""

    id: str
    origin: str
    gold: str
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Histogram:
    """Histogram of lengths; bin `i` counts the lengths in `[edges[i], edges[i + 1])`.

    Attributes:
        name: Name of the measured text, `prompt` or `completion`.
        unit: `tokens`, or `characters` if there is no tokenizer.
        edges: Borders of the bins, one more than there are counts.
        counts: Number of rows in each bin.
    """

    name: str
    unit: str
    edges: tuple[int, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """Preview of one split.

    Attributes:
        folder: Name of the build's folder.
        split: The split.
        rows: The chosen rows.
        histograms: Lengths of all rows of the split.
        tokenized: Whether a tokenizer cut the tokens; if not, each text is one piece.
        manifest: Manifest of the build.
    """

    folder: str
    split: str
    rows: tuple[PreviewRow, ...]
    histograms: tuple[Histogram, ...]
    tokenized: bool
    manifest: Manifest


def preview(
    folder: str | Path, split: str = "sft", *, count: int = 3, start: int = 1, tokenizer: str = ""
) -> Preview:
    """Read some rows of a split with their token boundaries, and the lengths of all its rows.

    Args:
        folder: A build.
        split: `sft`, `grpo` or `eval`.
        count: Number of rows to show.
        start: First row to show, counted from 1.
        tokenizer: Folder or SentencePiece model; without one, lengths are in characters.

    Raises:
        DataError: The build, split or tokenizer does not exist, or `count` or `start` is too small.
    """
    if split not in set(Split):
        raise DataError(f"no split {split!r}; splits are {', '.join(Split)}")
    if count < 0 or start < 1:
        raise DataError(f"count must be >= 0 and start >= 1: {count!r}, {start!r}")
    counter = load_tokens(tokenizer) if tokenizer else None
    path = split_path(folder, split)
    chosen = islice(iter_records(path), start - 1, start - 1 + count)
    return Preview(
        folder=Path(folder).resolve().name,
        split=split,
        rows=tuple(_row(record, counter) for record in chosen),
        histograms=tuple(_histograms(path, split, counter)),
        tokenized=counter is not None,
        manifest=read_manifest(folder),
    )


def _row(record: dict[str, Any], counter: TokenCounter | None) -> PreviewRow:
    def cut(text: str) -> list[str]:
        return counter.pieces(text) if counter else [text]

    completion = record.get("completion", "")
    tokens = [Token(BOS, False), *(Token(piece, False) for piece in cut(record["prompt"]))]
    if completion:
        tokens += [Token(piece, True) for piece in cut(completion)]
    return PreviewRow(record["id"], record["origin"], record.get("gold", ""), tuple(tokens))


def _histograms(path: Path, split: str, counter: TokenCounter | None) -> Iterator[Histogram]:
    unit = "tokens" if counter else "characters"
    for name in ("prompt", "completion") if split == Split.SFT else ("prompt",):
        texts = (record[name] for record in iter_records(path))
        lengths = [counter.count(text) if counter else len(text) for text in texts]
        yield histogram(name, unit, lengths)


def histogram(name: str, unit: str, lengths: list[int]) -> Histogram:
    """Count lengths in at most `BINS` bins of equal, integer width."""
    if not lengths:
        return Histogram(name, unit, (0,), ())
    low, high = min(lengths), max(lengths)
    width = max(1, -(-(high - low + 1) // BINS))
    edges = list(range(low, high + width + 1, width))
    counts, _ = np.histogram(lengths, bins=edges)
    return Histogram(name, unit, tuple(edges), tuple(int(count) for count in counts))
