"""Counting the steps of a trace that bring something: a true equation, or new words on topic."""

import re
from collections.abc import Sequence
from itertools import chain
from typing import Final

from reasoning_rewards.equations.arithmetic import Number
from reasoning_rewards.equations.finding import Equation, equations_in
from reasoning_rewards.equations.unknowns import equations_of_unknowns
from reasoning_rewards.structure.lexicon import content_and_noise, subjects_of, words_of_each

_LABEL: Final = re.compile(r"^\s*(?:(?:step\s*\d+|\(?\d{1,3})\s*[.:)]\s|[-*•]\s)", re.IGNORECASE)
# `2x + 3 = 11`: algebra is work too, but `x = 42` alone is only a statement.
_ALGEBRA: Final = re.compile(
    r"\d[A-Za-z]\b|\b[A-Za-z] ?[-+*/^] ?\d|\d ?[-+*/^] ?[A-Za-z]\b|\b([A-Za-z]) ?[-+*/] ?\1\b"
)
# New words that make a sentence a step; beside a number one is enough.
NEW_WORDS: Final = 3


class StepCounter:
    """Counts the steps among the segments of a trace.

    With a prompt, a step has to do with it: it shares a word with the prompt or with a step that
    does, or it computes with the prompt's numbers or with earlier results. And it says more than
    the prompt's own words and the `answer`. Where the prompt has no
    numbers, an equation is no step, and counts for nothing unless the answer is a number
    (`computes`). `filler` is the length of what carries nothing, `noise` the number of words that
    are none.
    """

    def __init__(
        self,
        topic: frozenset[str],
        numbers: frozenset[Number],
        *,
        answer: str = "",
        computes: bool = True,
    ) -> None:
        self.count = 0
        self.filler = 0
        self.noise = 0
        self.words: list[str] = []
        self.vocabulary: frozenset[str] = frozenset()
        self.equations: list[Equation] = []
        self._given = topic | {answer}
        self._on_topic = set(topic)
        self._known = set(numbers)
        self._has_prompt = bool(topic)
        self._computes = computes
        self._numberless = bool(topic) and not numbers
        self._subjects: frozenset[str] = frozenset()
        self._content: frozenset[str] = frozenset()
        self._unseen: set[str] = set()
        self._seen_texts: set[str] = set()
        self._algebra: list[str] = []
        self._off_topic: list[tuple[frozenset[str], int]] = []

    def count_all(self, segments: Sequence[str]) -> None:
        """Take the segments, which have no line breaks, in order."""
        bodies = [_without_label(segment) for segment in segments]
        words = words_of_each(bodies)
        self._take_vocabulary(words)
        for segment, body, its_words in zip(segments, bodies, words, strict=True):
            self._add(segment, body, its_words)
        self._finish(segments)

    def _take_vocabulary(self, words_of_segments: list[list[str]]) -> None:
        self.words = list(chain.from_iterable(words_of_segments))
        self.vocabulary = frozenset(self.words)
        self._subjects = subjects_of(self.vocabulary)
        content, garbage = content_and_noise(self._subjects)
        if garbage:
            self.noise = sum(word in garbage for word in self.words)
        self._content = content
        self._unseen = set(content)

    def _add(self, segment: str, body: str, words: list[str]) -> None:
        subjects = self._subjects.intersection(words)
        new = self._unseen.intersection(subjects)
        self._unseen -= new
        equations = equations_in(body) if "=" in body else []
        if equations and not self._numberless:
            self._add_equations(equations, subjects)
            return
        if equations and self._computes:
            self.equations += equations
        if (len(new) >= NEW_WORDS) if equations else self._says_something(body, words, len(new)):
            if self._has_prompt and subjects <= self._given:
                self.filler += len(segment)
            elif not self._has_prompt:
                self.count += 1
            elif not self._on_topic.isdisjoint(subjects):
                self.count += 1
                self._on_topic |= subjects
            else:
                self._off_topic.append((subjects, len(segment)))
        else:
            self.filler += len(segment)

    def _finish(self, segments: Sequence[str]) -> None:
        """Look at what seemed off topic again, and check the algebra with its solutions.

        A later step may have taken the former up.
        """
        for subjects, length in reversed(self._off_topic):
            if self._on_topic.isdisjoint(subjects):
                self.filler += length
            else:
                self.count += 1
                self._on_topic |= subjects
        if self._algebra:
            checked = equations_of_unknowns(self._algebra, "\n".join(segments))
            self.equations[:0] = checked
            self.count -= sum(not equation.true for equation in checked)

    def _add_equations(self, equations: list[Equation], subjects: frozenset[str]) -> None:
        self.equations += equations
        for text, operands, value, true, trivial in equations:
            if not true or trivial or text in self._seen_texts:
                continue
            self._seen_texts.add(text)
            if (
                not self._has_prompt
                or value in self._known
                or not self._known.isdisjoint(operands)
                or not self._on_topic.isdisjoint(self._content & subjects)
            ):
                self.count += 1
                if self._has_prompt:
                    # 30% and 30 name the same result.
                    self._known.update((value, value * 100))
                    self._on_topic |= subjects

    def _says_something(self, body: str, words: list[str], new: int) -> bool:
        if "=" in body and _ALGEBRA.search(body) and body not in self._seen_texts:
            self._seen_texts.add(body)
            self._algebra.append(body)
            return True
        return new >= NEW_WORDS or (new >= 1 and any(map(str.isdigit, words)))


def _without_label(segment: str) -> str:
    label = _LABEL.match(segment)
    return segment[label.end() :] if label else segment
