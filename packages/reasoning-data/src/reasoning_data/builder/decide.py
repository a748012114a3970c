"""Decisions about which rows stay, including those that compare rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reasoning_data.builder.annotate import band_column, column_array
from reasoning_data.checks.cleaning import Cleaning
from reasoning_data.checks.hashed_words import UInt64
from reasoning_data.checks.near_duplicates import Indices, Signatures, find_near_duplicates
from reasoning_data.errors import Reason

if TYPE_CHECKING:
    import datasets


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Decision about every row.

    Attributes:
        reasons: `[N]`, index into `list(Reason)` plus one; 0 for a row that stays.
        twins: `[N]`, the earlier row that a duplicate repeats; -1 for none.
        steps: Rows left after each step, as `(step, rows)`.
    """

    reasons: npt.NDArray[np.int8]
    twins: Indices
    steps: tuple[tuple[str, int], ...]

    @property
    def kept(self) -> npt.NDArray[np.bool_]:
        """Boolean mask `[N]` of the rows that stay."""
        result: npt.NDArray[np.bool_] = self.reasons == 0
        return result


CODES = {reason: code for code, reason in enumerate(Reason, start=1)}


def decide(
    annotations: "datasets.Dataset",
    scope: UInt64,
    cleaning: Cleaning,
    contradict: Callable[[Indices, Indices], npt.NDArray[np.bool_]],
) -> Verdicts:
    """Apply, in this order: repeated ids, findings on single rows, exact and near duplicates.

    Args:
        annotations: The table written by `annotate`.
        scope: `[N]`; rows can only be duplicates of rows with the same value.
        cleaning: Options of the cleaning.
        contradict: Function from row numbers `[K]` and `[K]` to `[K]`, whether the golds of each
            pair contradict each other.
    """
    n = len(annotations)
    reasons = np.zeros(n, dtype=np.int8)
    twins = np.full(n, -1, dtype=np.int64)
    steps: list[tuple[str, int]] = []

    def mark(step: str, found: Indices, reason: Reason) -> None:
        new = (found >= 0) & (reasons == 0)
        reasons[new] = CODES[reason]
        twins[new] = found[new]
        steps.append((step, int((reasons == 0).sum())))

    def column(name: str) -> UInt64:
        return column_array(annotations, name)

    ids = first_equal([column("id_high"), column("id_low"), scope], reasons == 0)
    mark("unique ids", ids, Reason.DUPLICATE_ID)

    names = annotations.data.column("reason").combine_chunks().dictionary_encode()
    dictionary = [CODES[Reason(name)] if name else 0 for name in names.dictionary.to_pylist()]
    found = np.array(dictionary, dtype=np.int8)[names.indices.to_numpy()] if n else reasons
    reasons[reasons == 0] = found[reasons == 0]
    steps.append(("sound and not contaminated", int((reasons == 0).sum())))

    keys = [column("key_high"), column("key_low"), scope]
    exact = first_equal(keys, reasons == 0)
    gold = column("gold")
    conflict = (exact >= 0) & (gold != gold[exact])
    pairs = np.flatnonzero(conflict)
    conflict[pairs] = contradict(pairs, exact[pairs])
    mark("one gold a question", np.where(conflict, exact, -1), Reason.CONFLICTING_GOLD)
    mark("no exact duplicates", exact, Reason.EXACT_DUPLICATE)

    if cleaning.near_threshold:
        same = scope ^ gold if cleaning.numbers_matter else scope
        near = find_near_duplicates(
            n,
            lambda band: column(band_column(band)),
            lambda rows: _signatures(annotations, rows, cleaning.permutations),
            same,
            reasons == 0,
            cleaning,
        )
        mark("no near duplicates", near, Reason.NEAR_DUPLICATE)
    return Verdicts(reasons, twins, tuple(steps))


def first_equal(columns: list[UInt64], alive: npt.NDArray[np.bool_]) -> Indices:
    """Return `[N]`, for every row the first earlier row that equals it in all columns, or -1."""
    rows = np.flatnonzero(alive)
    order = rows[np.lexsort([rows, *(column[rows] for column in columns)])]
    found = np.full(len(alive), -1, dtype=np.int64)
    if not len(order):
        return found
    starts = np.ones(len(order), dtype=bool)
    starts[1:] = np.any([c[order][1:] != c[order][:-1] for c in columns], axis=0)
    first = order[np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))]
    found[order[~starts]] = first[~starts]
    return found


def _signatures(annotations: "datasets.Dataset", rows: Indices, permutations: int) -> Signatures:
    column = annotations.data.column("signature").take(rows)
    flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    signatures: Signatures = flat.astype(np.uint32, copy=False).reshape(len(rows), permutations)
    return signatures
