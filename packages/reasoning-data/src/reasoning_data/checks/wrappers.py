"""Text that a source puts around all its questions, such as an instruction or few-shot examples."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

WORD = re.compile(r"\S+")
ASKED = re.compile(
    r"(?:^|\n)[ \t#*]*(?:question|problem|exercise|q)\b[ \t\d]*[:.][* \t]*", re.IGNORECASE
)
ANSWERED = re.compile(r"\n[ \t#*]*(?:answer|solution|a)[ \t]*[:.]", re.IGNORECASE)

SAMPLE = 1000
MIN_ROWS = 8
MIN_WORDS = 4
SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Wrapper:
    """Words that most questions of a source begin with, and words that most end with."""

    prefix: tuple[str, ...] = ()
    suffix: tuple[str, ...] = ()

    @classmethod
    def common(cls, questions: Iterable[str]) -> "Wrapper":
        """Find the words that at least half of a source's questions share at their ends.

        Fewer than four words or eight questions prove nothing: half of all questions may begin with
        "What is".
        """
        rows = [WORD.findall(question.casefold()) for question in questions]
        if len(rows) < MIN_ROWS:
            return cls()
        prefix = _common(rows, lambda row, depth: row[depth])
        suffix = _common(rows, lambda row, depth: row[-1 - depth])
        return cls(tuple(prefix), tuple(reversed(suffix)))

    def unwrap(self, question: str) -> str:
        """Return the question without the source's wrapping and without few-shot examples."""
        words = list(WORD.finditer(question))
        texts = [word.group().casefold() for word in words]
        first, last = 0, len(words)
        if self.prefix and tuple(texts[: len(self.prefix)]) == self.prefix:
            first = len(self.prefix)
        if self.suffix and tuple(texts[last - len(self.suffix) :]) == self.suffix:
            last -= len(self.suffix)
        core = question[words[first].start() : words[last - 1].end()] if first < last else question
        return _last_asked(core)


def _common(rows: list[list[str]], word: Callable[[list[str], int], str]) -> list[str]:
    """Return the longest run of words that at least half of the rows share at one end."""
    needed = SHARE * len(rows)
    found: list[str] = []
    while True:
        # A row needs a word of its own behind what is shared.
        rows = [row for row in rows if len(row) > len(found) + 1]
        counts = Counter(word(row, len(found)) for row in rows)
        best, count = counts.most_common(1)[0] if counts else ("", 0)
        if count < needed or count < MIN_ROWS / 2:
            return found if len(found) >= MIN_WORDS else []
        rows = [row for row in rows if word(row, len(found)) == best]
        found.append(best)


def _last_asked(text: str) -> str:
    """Return the last question of a few-shot prompt, from `Question:` to `Answer:`."""
    marks = list(ASKED.finditer(text))
    if not marks:
        return text
    core = text[marks[-1].end() :]
    answered = ANSWERED.search(core)
    core = (core[: answered.start()] if answered else core).strip()
    return core or text
