"""Counting the steps of a trace that bring something: a true equation, or new words on topic."""

import re
from dataclasses import dataclass, field
from typing import Final

from reasoning_rewards.equations import Equation, Number, find_equations
from reasoning_rewards.lexicon import is_noise, subjects_of, words_of

_LABEL: Final = re.compile(r"^\s*(?:(?:step\s*\d+|\(?\d{1,3})\s*[.:)]\s|[-*•]\s)", re.IGNORECASE)
# `2x + 3 = 11`: algebra is work too, but `x = 42` alone is only a statement.
_ALGEBRA: Final = re.compile(r"\d[a-z]\b|\b[a-z] ?[-+*/^] ?\d|\d ?[-+*/^] ?[a-z]\b")
# New words that make a sentence a step; beside a number one is enough.
NEW_WORDS: Final = 3


@dataclass(slots=True)
class StepCounter:
    """Takes the segments of a trace in order, then `finish`.

    With a prompt, a step has to do with it: it shares a word with the prompt or with a step that
    does, or it computes with the prompt's numbers or with earlier results. `filler` is the length
    of what carries nothing, `noise` the number of words that are none.
    """

    on_topic: set[str]
    known: set[Number]
    count: int = 0
    filler: int = 0
    noise: int = 0
    words: list[str] = field(default_factory=list)
    equations: list[Equation] = field(default_factory=list)
    _has_prompt: bool = False
    _any_number: bool = False
    _seen_words: set[str] = field(default_factory=set)
    _seen_texts: set[str] = field(default_factory=set)
    _off_topic: list[tuple[set[str], int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._has_prompt = bool(self.on_topic)
        self._any_number = not self.known

    def add(self, segment: str) -> None:
        label = _LABEL.match(segment)
        body = segment[label.end() :] if label else segment
        words = words_of(body)
        self.words.extend(words)
        subjects = subjects_of(words)
        content = {word for word in subjects if word[0] > "9"}
        garbage = {word for word in content if is_noise(word)}
        if garbage:
            self.noise += sum(word in garbage for word in words)
            content -= garbage
        equations = find_equations(body)
        if equations:
            self._add_equations(equations, content, subjects)
        elif self._says_something(body, words, content):
            if not self._has_prompt or not self.on_topic.isdisjoint(subjects):
                self.count += 1
                self.on_topic |= subjects
            else:
                self._off_topic.append((subjects, len(segment)))
        else:
            self.filler += len(segment)
        self._seen_words |= content

    def finish(self) -> None:
        """Look at what seemed off topic again: a later step may have taken it up."""
        for subjects, length in reversed(self._off_topic):
            if self.on_topic.isdisjoint(subjects):
                self.filler += length
            else:
                self.count += 1
                self.on_topic |= subjects
        self._off_topic.clear()

    def _add_equations(
        self, equations: list[Equation], content: set[str], subjects: set[str]
    ) -> None:
        self.equations.extend(equations)
        for equation in equations:
            if not equation.true or equation.trivial or equation.text in self._seen_texts:
                continue
            self._seen_texts.add(equation.text)
            if (
                self._any_number
                or not self.known.isdisjoint(equation.operands)
                or not self.on_topic.isdisjoint(content)
            ):
                self.count += 1
                # 30% and 30 name the same result.
                self.known.update((equation.value, equation.value * 100))
                self.on_topic |= subjects

    def _says_something(self, body: str, words: list[str], content: set[str]) -> bool:
        if "=" in body and _ALGEBRA.search(body) and body not in self._seen_texts:
            self._seen_texts.add(body)
            return True
        enough = 1 if any(map(str.isdigit, words)) else NEW_WORDS
        return len(content - self._seen_words) >= enough
