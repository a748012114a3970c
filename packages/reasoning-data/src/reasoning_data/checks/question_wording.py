"""Comparison of questions by their wording: equality, containment, and close paraphrase.

Letter case, punctuation, LaTeX dollar signs and spacing, invisible characters and the kind of dash
do not matter; numbers and operators do.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cached_property, lru_cache

from reasoning_data.checks.hashed_words import NUMBER_WORDS, visible

# Brackets count where they group a computation, and not around a remark; a hyphen is a minus only
# in front of what can be subtracted.
TOKEN = re.compile(
    r"\d+(?:[.,]\d+)*|[^\W_]+"
    r"|[+*/^=<>%\u00d7\u00f7\u00b1\u2264\u2265\u221a]|(?<![^\W\d_])-(?=\s*[\d(\\.]|[a-z]\b)"
    r"|[{}]|[()](?=\s*[-+*/^=<>\d\\])|(?<=[\d+*/^=}])[()]"
)
BRACKETS = frozenset("(){}")
DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))
LAYOUT = re.compile(
    r"\\(?:left|right|displaystyle|q?quad|text|mathrm)(?![a-z])|\\[,;:! ()\[\]]|\$|\*\*|__"
)
TURN_MARK = re.compile(r"<\|[^|<>\n]{1,40}\|>|<(?:start|end)_of_turn>|</?s>|\[/?inst\]")
GROUPED = re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,])")
BORDER = re.compile(r"[.!?:;\n]")
# Choices behind a question, one a line: the order and the presence of these may differ.
OPTION = re.compile(r"(?:^|\n)[ \t]*\(?[A-Ja-j][).:][ \t]*(?P<text>[^\n]+)")
# Words that say that something is asked, and small words; what is asked stands in the others.
FUNCTION_WORDS = frozenset(
    """
    a an the of in on at to for from by with and or that this these those which what who whom whose
    how many much is are was were be been do does did done has have had can could will would shall
    should may might must it its there their they he she his her i we our you your if as than then
    find compute calculate determine evaluate give tell state work out number value please answer
    question problem solve following
    """.split()  # noqa: SIM905 - a list of a hundred quoted words is harder to read
)
MIN_WORDS = 6
MIN_WORDS_WITH_NUMBER = 3
MIN_CONTENT = 2
COVERAGE = 0.7
WORD_COVERAGE = 0.85
SAME_ASKED = 0.5
SHINGLE = 3
SENTENCE = re.compile(r"(?<=[.?!])\s+|\n")
SPELLED = {
    word: value
    for value, word in enumerate(
        """
        zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
        fifteen sixteen seventeen eighteen nineteen
        """.split()  # noqa: SIM905 - easier to count
    )
}
TENS = {
    word: 10 * value
    for value, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(),  # noqa: SIM905
        start=2,
    )
}
NUMERAL = re.compile(
    rf"\b(?:(?P<tens>{'|'.join(TENS)})(?:[ -](?P<unit>{'|'.join(list(SPELLED)[1:10])}))?"
    rf"|(?P<small>{'|'.join(SPELLED)}))\b"
)


@dataclass(frozen=True)
class Wording:
    """Words and operators of a question, whose `text` is plain; create it with `Wording.of`."""

    text: str

    @classmethod
    @lru_cache(maxsize=4096)
    def of(cls, question: str) -> "Wording":
        """Return the wording of a question."""
        text = unicodedata.normalize("NFKC", question).casefold().translate(DASHES)
        text = LAYOUT.sub(" ", TURN_MARK.sub("\n", visible(text)))
        text = GROUPED.sub(lambda found: found.group().replace(",", ""), text)
        return cls(NUMERAL.sub(_in_digits, text))

    @cached_property
    def _found(self) -> list[re.Match[str]]:
        return list(TOKEN.finditer(self.text))

    @cached_property
    def tokens(self) -> list[str]:
        """Words, numbers and operators, in order."""
        return [found.group() for found in self._found]

    @cached_property
    def quantities(self) -> Counter[str]:
        """Numbers, number words and operators, with their number of occurrences."""
        return Counter(filter(_is_quantity, self.tokens))

    @cached_property
    def shingles(self) -> set[tuple[str, ...]]:
        """All runs of three tokens."""
        return {tuple(self.tokens[i : i + SHINGLE]) for i in range(len(self.tokens) - SHINGLE + 1)}

    @cached_property
    def content(self) -> str:
        """Key shared by questions that differ only in function words.

        It holds the content words and the options in any order, and the quantities in order. It is
        '' if too little is left to identify a question.
        """
        options = sorted(found["text"].strip() for found in OPTION.finditer(self.text))
        stem = self.stem.tokens
        order = [token for token in stem if _is_quantity(token) or token in BRACKETS]
        words = _content_words(stem)
        if len(words) < MIN_CONTENT or not (order or options):
            return ""
        return " ".join([*sorted(words), "|", *order, "|", *options])

    @cached_property
    def stem(self) -> "Wording":
        """The question without its options."""
        return Wording(OPTION.sub("\n", self.text)) if OPTION.search(self.text) else self

    @cached_property
    def asked(self) -> set[str]:
        """Content words of the last sentence, which says what the question asks for."""
        sentences = [part for part in SENTENCE.split(self.stem.text) if TOKEN.search(part)]
        return _content_words(Wording(sentences[-1]).tokens) if sentences else set()

    @property
    def is_specific(self) -> bool:
        """Whether the question is long enough to be recognised within another text."""
        enough = MIN_WORDS_WITH_NUMBER if self.quantities else MIN_WORDS
        return len(self.tokens) >= enough

    def holds(self, question: "Wording") -> bool:
        """Return whether this text contains the other question as one or more whole sentences.

        "How many divisors has 360?" is in "Please answer: how many divisors has 360?", but not in
        "How many divisors has 360 that are even?".
        """
        wanted, tokens = question.tokens, self.tokens
        if not question.is_specific:
            return False
        for start in range(len(tokens) - len(wanted) + 1):
            end = start + len(wanted)
            if tokens[start] != wanted[0] or tokens[start:end] != wanted:
                continue
            if self._border(start - 1, start) and self._border(end - 1, end):
                return True
        return False

    def _border(self, left: int, right: int) -> bool:
        """Return whether a sentence, or the text, ends between two neighbouring tokens."""
        if left < 0 or right >= len(self._found):
            return True
        between = self.text[self._found[left].end() : self._found[right].start()]
        return BORDER.search(between) is not None

    def repeats(self, question: "Wording") -> bool:
        """Return whether this is a close paraphrase of the other question.

        It has the same quantities equally often, most of the other's words or runs of three, and
        asks for about the same at the end: one story can be followed by different questions.
        """
        if self.quantities != question.quantities:
            return False
        shared = len(self.shingles & question.shingles) / max(len(question.shingles), 1)
        known = Counter(question.tokens)
        words = (known & Counter(self.tokens)).total() / max(known.total(), 1)
        if shared < COVERAGE and words < WORD_COVERAGE:
            return False
        either = self.asked | question.asked
        return len(self.asked & question.asked) >= SAME_ASKED * len(either)


def _in_digits(found: re.Match[str]) -> str:
    if found["small"]:
        return str(SPELLED[found["small"]])
    return str(TENS[found["tens"]] + SPELLED.get(found["unit"] or "zero", 0))


def _content_words(tokens: list[str]) -> set[str]:
    return {_singular(token) for token in tokens if _is_content(token)}


def _is_quantity(token: str) -> bool:
    return (not token[0].isalpha() and token not in BRACKETS) or token in NUMBER_WORDS


def _is_content(token: str) -> bool:
    return token[0].isalpha() and not _is_quantity(token) and token not in FUNCTION_WORDS


def _singular(word: str) -> str:
    return word.removesuffix("s") if len(word) > 3 else word
