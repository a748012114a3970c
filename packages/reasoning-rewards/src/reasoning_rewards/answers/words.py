"""Short text, multiple choice and prose: equal without case, articles and punctuation."""

import re
import unicodedata
from typing import Final

from reasoning_rewards.answers.forms import Text

_ARTICLES: Final = frozenset(("a", "an", "the"))
_WORD: Final = re.compile(
    r"(?:(?<!\w)-(?=\d))?[^\W_]+(?:[.,:/](?<=\d[.,:/])(?=\d)[^\W_]+)*[+#%]{0,3}"
)
_RATIO: Final = re.compile(r"(?<=\d) ?: ?(?=\d)")
_ABBREVIATION: Final = re.compile(r"\b[a-z](?:\.[a-z])+\b\.?")
_SYMBOLIC: Final = re.compile(
    r"\\|[\^=+*/<>≤≥]|\d\s*[a-z]|[a-z]\(|\b(?:arc|int|sum|prod|lim)[a-z]*[ _]"
)
# Formulas have no words of four letters but the names of operations.
_PROSE: Final = re.compile(r"[A-Za-z]{4,}")
_COMMANDS: Final = re.compile(
    r"\\[a-z]+<\w*>|sqrt|root|infinity|theta|alpha|beta|gamma|delta|lambda|sigma|omega|prod|"
    r"binom|floor|ceil|arcsin|arccos|arctan|sinh|cosh|tanh|iint|partial"
)
# Left out when two sentences are compared: they carry no content of their own.
_FUNCTION_WORDS: Final = frozenset(
    "a an the is are was were be been being am do does did has have had of to in on at by for with "
    "from as that this these those it its and then so also which who whom there their his her "
    "because due into".split()
)
_NEGATIONS: Final = frozenset("not no never none neither nor cannot without nothing".split())
# A preposition of time or place in front of an answer.
_PLACED: Final = ("on ", "in ", "at ")
MIN_CONTENT_WORDS: Final = 4
MAX_PROSE: Final = 2_000


def read(text: str) -> Text:
    """The text with its canonical words; a text of punctuation alone stands for itself."""
    canonical = canonical_text(text) or " ".join(text.split())
    symbolic = bool(_SYMBOLIC.search(text)) and not _PROSE.search(_COMMANDS.sub(" ", text))
    return Text(canonical, symbolic=symbolic)


def verbatim(text: str) -> Text:
    """A text too long for anything but comparing it with itself."""
    return Text(" ".join(text.split()).casefold())


def canonical_text(text: str) -> str:
    """Case-folded words without articles and punctuation.

    A mark between digits (3:30, 1.5) and a sign before a digit are content and stay.
    """
    text = unicodedata.normalize("NFKC", text).casefold().replace("'", "")
    text = _RATIO.sub(":", text).replace("_", "")
    text = _ABBREVIATION.sub(lambda match: match.group().replace(".", ""), text)
    found = _WORD.findall(text)
    content = [word for word in found if word not in _ARTICLES]
    # Among single letters `A` is a letter, too: `A B` is not B.
    return " ".join(content if any(len(word) > 1 for word in content) else found)


def same(left: Text, right: Text) -> bool:
    if left.unreadable or right.unreadable:
        return False
    if left.label and right.label:
        return left.label == right.label and not (
            left.body and right.body and left.body != right.body
        )
    if left.canonical == right.canonical or _same_letters(left.canonical, right.canonical):
        return True
    for labelled, other in ((left, right), (right, left)):
        if labelled.body and other.canonical in (
            labelled.body,
            f"{labelled.canonical} {labelled.body}",
        ):
            return True
    return _same_prose(left.canonical, right.canonical)


def _same_letters(left: str, right: str) -> bool:
    """`north-east` and `northeast`; `on Tuesday` and `Tuesday`."""
    if abs(len(left) - len(right)) > 8 or not (left and right):
        return False
    if left.startswith(_PLACED) or right.startswith(_PLACED):
        bare = [
            text.split(" ", 1)[1] if text.startswith(_PLACED) else text for text in (left, right)
        ]
        if bare[0] == bare[1] and left.startswith(_PLACED) != right.startswith(_PLACED):
            return True
    joined = left.replace(" ", "")
    return joined == right.replace(" ", "") and joined.isalpha()


def _same_prose(left: str, right: str) -> bool:
    """Two sentences with the same content words; the shorter may leave out a third of the longer.

    Numbers and negations must agree: a sentence and its denial share every other word.
    """
    if max(len(left), len(right)) > MAX_PROSE:
        return False
    if left.count(" ") + 1 < MIN_CONTENT_WORDS or right.count(" ") + 1 < MIN_CONTENT_WORDS:
        return False
    sets = [_content(text) for text in (left, right)]
    small, large = sorted(sets, key=len)
    if len(small) < MIN_CONTENT_WORDS or not small <= large or 3 * len(small) < 2 * len(large):
        return False
    special = [
        {word for word in words if word[0].isdigit() or word in _NEGATIONS} for words in sets
    ]
    return special[0] == special[1]


def _content(text: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in text.split() if word not in _FUNCTION_WORDS)


def _stem(word: str) -> str:
    for ending in ("ies", "es", "s"):
        if word.endswith(ending) and len(word) > len(ending) + 3:
            return word[: -len(ending)]
    return word
