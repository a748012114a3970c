"""Index of evaluation questions for finding contaminated training rows.

A row is contaminated by an evaluation question if it asks the same in the same words or with other
function words, nearly repeats it (MinHash), contains it whole (in a few-shot prompt, after an
instruction), or shares a run of `ngram` words with it (Brown et al. 2020, arXiv:2005.14165,
appendix C) together with most other words and all quantities. A shared run alone is often just
boilerplate.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from reasoning_data.checks.cleaning import Cleaning
from reasoning_data.checks.hashed_words import HashedWords, UInt64, hash128, words
from reasoning_data.checks.near_duplicates import Sketches, similarity, sketch
from reasoning_data.checks.question_wording import Wording
from reasoning_data.errors import Reason
from reasoning_data.splitting import normalise

Rows = npt.NDArray[np.int32]

MAX_CANDIDATES = 8
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Lookup:
    """Sorted hashes, each with the number of its evaluation row."""

    hashes: UInt64
    rows: npt.NDArray[np.int32]

    @classmethod
    def build(cls, hashes: UInt64, rows: npt.NDArray[np.int32]) -> "Lookup":
        """Sort hashes `[K]` together with their row numbers `[K]`."""
        order = np.argsort(hashes, kind="stable")
        return cls(hashes[order], rows[order])

    def find(self, hashes: UInt64, rank: int = 0) -> npt.NDArray[np.int32]:
        """Return `[K]`, the `rank`-th row with each hash in `[K]`, or -1 if there are fewer."""
        if not len(self.hashes):
            return np.full(len(hashes), -1, dtype=np.int32)
        at = np.searchsorted(self.hashes, hashes) + rank
        inside = np.minimum(at, len(self.hashes) - 1)
        found = (at < len(self.hashes)) & (self.hashes[inside] == hashes)
        return np.where(found, self.rows[inside], np.int32(-1))


class Question(NamedTuple):
    """Evaluation question.

    Attributes:
        id: Id of the question.
        text: The question.
        core: The question without the text that its source puts around every question.
        named: Whether it belongs to a named evaluation set rather than the build's own `eval`
            split.
    """

    id: str
    text: str
    core: str
    named: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """Match of a training question with an evaluation question."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class EvaluationIndex:
    """Index of all evaluation questions of a build.

    Attributes:
        ids: Ids of the questions, `[E]`.
        questions: Texts of the questions, `[E]`.
        named: `[E]`, whether each question belongs to a named evaluation set rather than the
            build's own `eval` split.
        exact: Hash of a wording to its question.
        content: Hash of the content words to their question.
        grams: Length in words to a lookup of hashed n-grams; shorter questions have one of their
            own length.
        sketches: `[S, ...]`, MinHash of each question and of its variants.
        owners: `[S]`, the question of each sketch.
        bands: One lookup per band.
        cleaning: Options the index was made with.
    """

    ids: list[str]
    questions: list[str]
    named: npt.NDArray[np.bool_]
    exact: dict[tuple[int, int], int]
    content: dict[tuple[int, int], int]
    grams: dict[int, Lookup]
    sketches: Sketches
    owners: Rows
    bands: tuple[Lookup, ...]
    cleaning: Cleaning

    @classmethod
    def build(cls, questions: Iterable[Question], cleaning: Cleaning) -> "EvaluationIndex":
        """Index evaluation questions, of which the named ones come first."""
        ids: list[str] = []
        kept: list[str] = []
        named: list[bool] = []
        exact: dict[tuple[int, int], int] = {}
        content: dict[tuple[int, int], int] = {}
        grams: dict[int, list[tuple[UInt64, Rows]]] = {}
        sketches: list[Sketches] = []
        owners: list[Rows] = []
        for batch in _batched(questions):
            start = len(ids)
            texts = [question.text for question in batch]
            # Without its wrapping a question is looked for as a whole only: what half of a source's
            # questions end with may be what they ask, and a story alone is not a question.
            variants = [(i, text) for i, found in enumerate(batch) for text in _variants(found)]
            wrapped = [i for i, _ in variants]
            whole = texts + [text for _, text in variants]
            owner = np.array([*range(len(batch)), *wrapped], dtype=np.int32) + np.int32(start)
            for row, text in zip(owner.tolist(), whole, strict=True):
                wording = Wording.of(text)
                exact.setdefault(_exact_key(text, wording), row)
                if wording.content:
                    content.setdefault(hash128(wording.content), row)
            hashed = HashedWords.of(texts)
            for length, found, rows in _grams(hashed, cleaning.ngram):
                grams.setdefault(length, []).append((found, rows + np.int32(start)))
            ids += [question.id for question in batch]
            kept += texts
            named += [question.named for question in batch]
            if cleaning.near_threshold:
                sketches.append(sketch(whole, HashedWords.of(whole), cleaning))
                owners.append(owner)
        rows = np.arange(sum(map(len, owners)), dtype=np.int32)
        joined = _join(sketches)
        return cls(
            ids,
            kept,
            np.array(named, dtype=bool),
            exact,
            content,
            {
                length: Lookup.build(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
                for length, found in sorted(grams.items(), reverse=True)
            },
            joined,
            np.concatenate([np.zeros(0, np.int32), *owners]),
            tuple(Lookup.build(hashes, rows) for hashes in joined.bands.T),
            cleaning,
        )

    def search(
        self,
        questions: list[str],
        hashed: HashedWords,
        sketches: Sketches | None,
        cores: list[str] | None = None,
    ) -> list[Hit | None]:
        """Return the most serious hit of each question: exact before near before contained.

        Args:
            questions: Training questions.
            hashed: Their hashed words.
            sketches: Their MinHash; None to skip the search for near duplicates.
            cores: The questions without the text that their source puts around every question; None
                if there is no such text.

        Returns:
            One hit or None per question.
        """
        if not self.ids:
            return [None] * len(questions)
        near = self._near(len(questions), sketches)
        hits = [self._whole(text, close) for text, close in zip(questions, near, strict=True)]
        wrapped = [row for row, core in enumerate(cores or []) if core != questions[row]]
        if wrapped and cores:
            texts = [cores[row] for row in wrapped]
            close = self._near(len(texts), sketches and self._sketch(texts))
            for row, text, twin in zip(wrapped, texts, close, strict=True):
                hits[row] = hits[row] or self._whole(text, twin)
        for row, candidates in self._candidates(hashed).items():
            hits[row] = hits[row] or self._within(questions[row], candidates)
        return hits

    def _whole(self, text: str, close: int) -> Hit | None:
        """Return a hit if the question as a whole is an evaluation question.

        `close` is the evaluation question that it nearly repeats, or -1.
        """
        wording = Wording.of(text)
        row = self.exact.get(_exact_key(text, wording))
        if row is not None:
            return Hit(Reason.CONTAMINATED_EXACT, f"the question of {self.ids[row]!r}")
        if close < 0 and self.cleaning.near_threshold and wording.content:
            close = self.content.get(hash128(wording.content), -1)
        if close < 0:
            return None
        return Hit(Reason.CONTAMINATED_NEAR, f"nearly {self.ids[close]!r}")

    def _within(self, text: str, candidates: list[int]) -> Hit | None:
        """Return a hit if the question contains one of the candidates or repeats most of it."""
        wording = Wording.of(text)
        n = self.cleaning.ngram
        for row in candidates:
            question = Wording.of(self.questions[row])
            if wording.holds(question):
                return Hit(Reason.CONTAMINATED_NGRAM, f"holds the question of {self.ids[row]!r}")
        # A shorter question has no run of `n` words, and shares none.
        sharing = [row for row in candidates if len(words(self.questions[row])) >= n]
        for row in sharing:
            repeated = wording.repeats(Wording.of(self.questions[row]))
            if self.named[row] and (repeated or not self.cleaning.numbers_matter):
                detail = f"shares {n} words with {self.ids[row]!r}"
                return Hit(Reason.CONTAMINATED_NGRAM, detail)
        if sharing:
            return Hit(Reason.EVAL_NGRAM, f"shares {n} words with {self.ids[sharing[0]]!r}")
        return None

    def _sketch(self, questions: list[str]) -> Sketches:
        return sketch(questions, HashedWords.of(questions), self.cleaning)

    def _near(self, count: int, sketches: Sketches | None) -> Rows:
        """Return `[N]`, the evaluation question that each question nearly repeats, or -1."""
        best = np.full(count, -1, dtype=np.int32)
        if sketches is None:
            return best
        for band, lookup in enumerate(self.bands):
            for rank in range(MAX_CANDIDATES):
                found = lookup.find(sketches.bands[:, band], rank)
                rows = np.flatnonzero((found >= 0) & (best < 0))
                if not len(rows):
                    break
                left, right = sketches.signatures[rows], self.sketches.signatures[found[rows]]
                close = similarity(left, right) >= self.cleaning.near_threshold
                best[rows[close]] = self.owners[found[rows[close]]]
        return best

    def _candidates(self, hashed: HashedWords) -> dict[int, list[int]]:
        """Map each question to the evaluation questions that share a run of words with it.

        Those with the most shared runs come first, then the earlier ones, at most `MAX_CANDIDATES`.
        """
        pairs = [np.zeros(0, dtype=np.int64)]
        for length, lookup in self.grams.items():
            grams = hashed.grams(length)
            texts = grams.texts()
            for rank in range(MAX_CANDIDATES):
                found = lookup.find(grams.hashes, rank)
                at = np.flatnonzero(found >= 0)
                if not len(at):
                    break
                pairs.append(texts[at] * len(self.ids) + found[at])
        keys, counts = np.unique(np.concatenate(pairs), return_counts=True)
        candidates: dict[int, list[int]] = {}
        for key in keys[np.lexsort([keys, -counts])].tolist():
            text, row = divmod(key, len(self.ids))
            known = candidates.setdefault(text, [])
            if len(known) < MAX_CANDIDATES:
                known.append(row)
        return candidates


def _variants(question: Question) -> Iterator[str]:
    """Yield the question without the source's wrapping, and without its options."""
    if question.core != question.text:
        yield question.core
    core = Wording.of(question.core)
    if core.stem is not core and core.stem.is_specific:
        yield core.stem.text


def _exact_key(text: str, wording: Wording) -> tuple[int, int]:
    """Return a hash of a question's words, or of its characters if it has no words."""
    return hash128(" ".join(wording.tokens) or normalise(text))


def _grams(hashed: HashedWords, n: int) -> Iterator[tuple[int, UInt64, Rows]]:
    """Yield lengths, hashes and text numbers of all runs of `n` words.

    A text of fewer than `n` words counts as one run.
    """
    if not n:
        return
    grams = hashed.grams(n)
    texts = grams.texts().astype(np.int32)
    lengths = np.minimum(np.diff(hashed.offsets), n)[texts]
    for length in np.unique(lengths).tolist():
        chosen = lengths == length
        yield length, grams.hashes[chosen], texts[chosen]


def _join(sketches: list[Sketches]) -> Sketches:
    if not sketches:
        return Sketches(np.zeros((0, 0), np.uint32), np.zeros((0, 0), np.uint64))
    return Sketches(
        np.concatenate([part.signatures for part in sketches]),
        np.concatenate([part.bands for part in sketches]),
    )


def _batched(questions: Iterable[Question]) -> Iterator[list[Question]]:
    iterator = iter(questions)
    while batch := list(islice(iterator, BATCH)):
        yield batch
