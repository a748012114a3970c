"""Evaluation questions as an index that training rows are looked up in.

A row is contaminated by a question that is the same (normalised), nearly the same (MinHash), or
shares a run of `ngram` words with it (Brown et al. 2020, arXiv:2005.14165, appendix C).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from reasoning_data.cleaning import Cleaning
from reasoning_data.errors import Reason
from reasoning_data.near import Sketches, similarity, sketch
from reasoning_data.splitting import normalise
from reasoning_data.text import HashedWords, UInt64, hash128

MAX_CANDIDATES = 8
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Lookup:
    """Sorted hashes, each with the evaluation row it belongs to."""

    hashes: UInt64
    rows: npt.NDArray[np.int32]

    @classmethod
    def build(cls, hashes: UInt64, rows: npt.NDArray[np.int32]) -> "Lookup":
        """Sort hashes `[K]` with their rows `[K]`."""
        order = np.argsort(hashes, kind="stable")
        return cls(hashes[order], rows[order])

    def find(self, hashes: UInt64, rank: int = 0) -> npt.NDArray[np.int32]:
        """The `rank`-th row with each of the hashes `[K]`, -1 where there are no more."""
        if not len(self.hashes):
            return np.full(len(hashes), -1, dtype=np.int32)
        at = np.searchsorted(self.hashes, hashes) + rank
        inside = np.minimum(at, len(self.hashes) - 1)
        found = (at < len(self.hashes)) & (self.hashes[inside] == hashes)
        return np.where(found, self.rows[inside], np.int32(-1))


@dataclass(frozen=True, slots=True)
class Hit:
    """A training question that meets an evaluation question."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class EvaluationIndex:
    """All evaluation questions of a build.

    Attributes:
        ids: Their ids.
        named: `[E]`, whether the question is of a named evaluation set, or of the build's own
        split. exact: Hashed normalised questions. grams: Hashed n-grams of words. sketches: MinHash
        of each question. bands: One lookup per band. cleaning: The options all of it was made with.
    """

    ids: list[str]
    named: npt.NDArray[np.bool_]
    exact: dict[tuple[int, int], int]
    grams: Lookup
    sketches: Sketches
    bands: tuple[Lookup, ...]
    cleaning: Cleaning

    @classmethod
    def build(
        cls, questions: Iterable[tuple[str, str, bool]], cleaning: Cleaning
    ) -> "EvaluationIndex":
        """Index evaluation questions, given as `(id, question, named)`, the named ones first."""
        ids: list[str] = []
        named: list[bool] = []
        exact: dict[tuple[int, int], int] = {}
        grams: list[UInt64] = []
        owners: list[npt.NDArray[np.int32]] = []
        sketches: list[Sketches] = []
        for batch in _batched(questions):
            texts = [text for _, text, _ in batch]
            for row, text in enumerate(texts, start=len(ids)):
                exact.setdefault(hash128(normalise(text)), row)
            ids += [name for name, _, _ in batch]
            named += [flag for _, _, flag in batch]
            hashed = HashedWords.of(texts)
            if cleaning.ngram:
                found = hashed.grams(cleaning.ngram)
                grams.append(found.hashes)
                owners.append((len(ids) - len(batch) + found.texts()).astype(np.int32))
            if cleaning.near_threshold:
                sketches.append(sketch(texts, hashed, cleaning))
        rows = np.arange(len(ids), dtype=np.int32)
        joined = _join(sketches)
        return cls(
            ids,
            np.array(named, dtype=bool),
            exact,
            Lookup.build(
                np.concatenate([np.zeros(0, np.uint64), *grams]),
                np.concatenate([np.zeros(0, np.int32), *owners]),
            ),
            joined,
            tuple(Lookup.build(hashes, rows) for hashes in joined.bands.T),
            cleaning,
        )

    def search(
        self, questions: list[str], hashed: HashedWords, sketches: Sketches | None
    ) -> list[Hit | None]:
        """The gravest hit of each question: exact, then near, then a shared n-gram.

        Args:
            questions: The questions.
            hashed: Their words.
            sketches: Their MinHash; None to leave out the search for near duplicates.
        """
        near = self._near(len(questions), sketches)
        grams = self._grams(hashed)
        hits: list[Hit | None] = []
        for text, close, shared in zip(questions, near, grams, strict=True):
            row = self.exact.get(hash128(normalise(text)))
            if row is not None:
                hits.append(Hit(Reason.CONTAMINATED_EXACT, f"the question of {self.ids[row]!r}"))
            elif close >= 0:
                hits.append(Hit(Reason.CONTAMINATED_NEAR, f"nearly {self.ids[close]!r}"))
            elif shared >= 0:
                reason = Reason.CONTAMINATED_NGRAM if self.named[shared] else Reason.EVAL_NGRAM
                n = self.cleaning.ngram
                hits.append(Hit(reason, f"shares {n} words with {self.ids[shared]!r}"))
            else:
                hits.append(None)
        return hits

    def _near(self, count: int, sketches: Sketches | None) -> npt.NDArray[np.int32]:
        best = np.full(count, -1, dtype=np.int32)
        if sketches is None or not self.ids:
            return best
        for band, lookup in enumerate(self.bands):
            for rank in range(MAX_CANDIDATES):
                found = lookup.find(sketches.bands[:, band], rank)
                rows = np.flatnonzero((found >= 0) & (best < 0))
                if not len(rows):
                    break
                left, right = sketches.signatures[rows], self.sketches.signatures[found[rows]]
                close = similarity(left, right) >= self.cleaning.near_threshold
                best[rows[close]] = found[rows[close]]
        return best

    def _grams(self, hashed: HashedWords) -> npt.NDArray[np.int32]:
        """The first evaluation question that shares an n-gram; those of named sets come first."""
        none = np.int32(len(self.ids))
        best = np.full(len(hashed.offsets) - 1, none, dtype=np.int32)
        if self.cleaning.ngram and self.ids:
            grams = hashed.grams(self.cleaning.ngram)
            found = self.grams.find(grams.hashes)
            np.minimum.at(best, grams.texts()[found >= 0], found[found >= 0])
        return np.where(best == none, np.int32(-1), best)


def _join(sketches: list[Sketches]) -> Sketches:
    if not sketches:
        return Sketches(np.zeros((0, 0), np.uint32), np.zeros((0, 0), np.uint64))
    return Sketches(
        np.concatenate([part.signatures for part in sketches]),
        np.concatenate([part.bands for part in sketches]),
    )


def _batched(questions: Iterable[tuple[str, str, bool]]) -> Iterator[list[tuple[str, str, bool]]]:
    iterator = iter(questions)
    while batch := list(islice(iterator, BATCH)):
        yield batch
