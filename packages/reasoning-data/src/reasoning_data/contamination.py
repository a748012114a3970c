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
from reasoning_data.text import UInt64, gram_hashes, hash128

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
        """Index evaluation questions, given as `(id, question, named)`."""
        ids: list[str] = []
        named: list[bool] = []
        exact: dict[tuple[int, int], int] = {}
        grams: list[UInt64] = []
        sketches: list[Sketches] = []
        for batch in _batched(questions):
            texts = [text for _, text, _ in batch]
            for row, text in enumerate(texts, start=len(ids)):
                exact.setdefault(hash128(normalise(text)), row)
            ids += [name for name, _, _ in batch]
            named += [flag for _, _, flag in batch]
            if cleaning.ngram:
                grams += gram_hashes(texts, cleaning.ngram)
            if cleaning.near_threshold:
                sketches.append(sketch(texts, cleaning))
        rows = np.arange(len(ids), dtype=np.int32)
        joined = _join(sketches)
        return cls(
            ids,
            np.array(named, dtype=bool),
            exact,
            Lookup.build(
                np.concatenate([np.zeros(0, np.uint64), *grams]),
                np.repeat(rows[: len(grams)], [len(found) for found in grams]),
            ),
            joined,
            tuple(Lookup.build(hashes, rows) for hashes in joined.bands.T),
            cleaning,
        )

    def search(self, questions: list[str], sketches: Sketches | None) -> list[Hit | None]:
        """The gravest hit of each question: exact, then near, then a shared n-gram."""
        near = self._near(questions, sketches)
        grams = self._grams(questions)
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

    def _near(self, questions: list[str], sketches: Sketches | None) -> npt.NDArray[np.int32]:
        best = np.full(len(questions), -1, dtype=np.int32)
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

    def _grams(self, questions: list[str]) -> npt.NDArray[np.int32]:
        best = np.full(len(questions), -1, dtype=np.int32)
        if not self.cleaning.ngram or not self.ids:
            return best
        for row, hashes in enumerate(gram_hashes(questions, self.cleaning.ngram)):
            found = self.grams.find(hashes)
            found = found[found >= 0]
            if len(found):
                # A named set counts more than the build's own evaluation rows.
                named = found[self.named[found]]
                best[row] = named[0] if len(named) else found[0]
        return best


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
