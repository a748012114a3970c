"""Counting the steps of a trace that bring something: a true equation, or new words on topic."""

import re
from collections.abc import Sequence
from itertools import chain
from typing import Final

from reasoning_rewards.equations.arithmetic import Number
from reasoning_rewards.equations.checking import Equation
from reasoning_rewards.equations.finding import equations_in
from reasoning_rewards.equations.unknowns import equations_of_unknowns
from reasoning_rewards.equations.vocabulary import words_of_each
from reasoning_rewards.structure.lexicon import content_and_noise, subjects_of

_LABEL: Final = re.compile(r"^\s*(?:(?:step\s*\d+|\(?\d{1,3})\s*[.:)]\s|[-*•+]\s)", re.IGNORECASE)
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

    __slots__ = (
        "_algebra", "_answer", "_asked", "_bodies", "_computes", "_content", "_has_prompt",
        "_known", "_new_on_topic", "_numberless", "_off_topic", "_on_topic", "_seen_texts",
        "_seen_until", "_subjects", "_unseen", "_words_of_bodies",
        "count", "equations", "filler", "noise", "vocabulary", "words",
    )  # fmt: skip

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
        self._asked = topic
        self._answer = answer
        self._on_topic = topic
        self._known = set(numbers)
        self._has_prompt = bool(topic)
        self._computes = computes
        self._numberless = bool(topic) and not numbers
        self._bodies: Sequence[str] = ()
        self._words_of_bodies: list[list[str]] = []
        self._subjects: frozenset[str] = frozenset()
        self._content: frozenset[str] = frozenset()
        self._unseen: frozenset[str] = frozenset()
        self._seen_until = 0
        self._new_on_topic: list[int] = []
        self._seen_texts: set[str] = set()
        self._algebra: list[str] = []
        self._off_topic: list[tuple[frozenset[str], int]] = []

    def count_all(
        self,
        segments: Sequence[str],
        words: list[str] | None = None,
        vocabulary: frozenset[str] | None = None,
    ) -> None:
        """Take the segments of a text in order.

        Args:
            segments: Sentences or lines, without line breaks.
            words: The words of them all, labels included, where the caller knows them already.
            vocabulary: The same, each once.
        """
        bodies = list(map(_without_label, segments))
        self._bodies = bodies
        if words is None or vocabulary is None or bodies != segments:
            self._words_of_bodies = words_of_each(bodies)
            words = list(chain.from_iterable(self._words_of_bodies))
            vocabulary = frozenset(words)
        self._take_vocabulary(words, vocabulary)
        for index, body in enumerate(bodies):
            equations = equations_in(body) if "=" in body else None
            if not equations or self._numberless:
                self._add_words(index, len(segments[index]), equations)
            elif self._has_prompt:
                self._add_equations(equations, index)
            else:
                self.equations += equations
                self.count += sum(map(self._is_new, equations))
        if self._off_topic or self._algebra:
            self._finish(segments)

    def _take_vocabulary(self, words: list[str], vocabulary: frozenset[str]) -> None:
        self.words = words
        self.vocabulary = vocabulary
        self._subjects = subjects_of(vocabulary)
        content, garbage = content_and_noise(self._subjects)
        if garbage:
            self.noise = sum(word in garbage for word in words)
        self._content = self._unseen = content

    def _subjects_at(self, index: int) -> frozenset[str]:
        """The subjects of one segment. Many traces are judged by their equations, without these."""
        if not self._words_of_bodies:
            self._words_of_bodies = words_of_each(self._bodies)
        return self._subjects.intersection(self._words_of_bodies[index])

    def _new_subjects(self, index: int) -> frozenset[str]:
        """The content words that no segment up to this one had."""
        for earlier in range(self._seen_until, index):
            self._unseen -= self._subjects_at(earlier)
        new = self._unseen & self._subjects_at(index)
        self._unseen -= new
        self._seen_until = index + 1
        return new

    def _topic(self) -> frozenset[str]:
        """The words of the prompt and of the steps so far."""
        if self._new_on_topic:
            self._on_topic = self._on_topic.union(*map(self._subjects_at, self._new_on_topic))
            self._new_on_topic.clear()
        return self._on_topic

    def _add_words(self, index: int, length: int, equations: list[Equation] | None) -> None:
        subjects = self._subjects_at(index)
        new = len(self._new_subjects(index))
        if equations and self._computes:
            self.equations += equations
        if (new >= NEW_WORDS) if equations else self._says_something(index, new):
            if self._has_prompt and subjects - {self._answer} <= self._asked:
                self.filler += length
            elif not self._has_prompt:
                self.count += 1
            elif not self._topic().isdisjoint(subjects):
                self.count += 1
                self._new_on_topic.append(index)
            else:
                self._off_topic.append((subjects, length))
        else:
            self.filler += length

    def _finish(self, segments: Sequence[str]) -> None:
        """Look at what seemed off topic again, and check the algebra with its solutions.

        A later step may have taken the former up.
        """
        if self._off_topic:
            topic = set(self._topic())
            for subjects, length in reversed(self._off_topic):
                if topic.isdisjoint(subjects):
                    self.filler += length
                else:
                    self.count += 1
                    topic |= subjects
        if self._algebra:
            checked = equations_of_unknowns(self._algebra, "\n".join(segments))
            self.equations[:0] = checked
            self.count -= sum(not equation.true for equation in checked)

    def _is_new(self, equation: Equation) -> bool:
        """Whether an equation is true, says something, and was not stated before."""
        text, _, _, true, trivial = equation
        if not true or trivial or text in self._seen_texts:
            return False
        self._seen_texts.add(text)
        return True

    def _add_equations(self, equations: list[Equation], index: int) -> None:
        self.equations += equations
        known = self._known
        for equation in equations:
            if self._is_new(equation):
                _, operands, value, _, _ = equation
                if (
                    value in known
                    or not known.isdisjoint(operands)
                    or not self._topic().isdisjoint(self._content & self._subjects_at(index))
                ):
                    self.count += 1
                    # 30% and 30 name the same result.
                    known.update((value, value * 100))
                    self._new_on_topic.append(index)

    def _says_something(self, index: int, new: int) -> bool:
        body = self._bodies[index]
        if "=" in body and _ALGEBRA.search(body) and body not in self._seen_texts:
            self._seen_texts.add(body)
            self._algebra.append(body)
            return True
        if new >= NEW_WORDS:
            return True
        return new >= 1 and any(map(str.isdigit, self._words_of_bodies[index]))


def _without_label(segment: str) -> str:
    label = _LABEL.match(segment)
    return segment[label.end() :] if label else segment
