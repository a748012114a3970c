"""Gold answers of the kinds that data sets hold, as the texts that `same_answer` compares.

GSM8K keeps its gold behind `####` in the solution, TFDS keeps bytes, numpy its own scalars, others
a list of aliases. Taken for plain texts these equal no completion: every reward is a silent 0.
"""

import json
import warnings
from collections.abc import Iterable
from fractions import Fraction
from math import isfinite
from typing import Final

from reasoning_rewards.answers.forms import Text
from reasoning_rewards.answers.reading import read
from reasoning_rewards.answers.unicode import is_blank
from reasoning_rewards.columns.scalars import members, plain, shown
from reasoning_rewards.errors import RewardError

_MARK: Final = "####"
MAX_WORDS: Final = 40
"""A text of more words is a solution rather than an answer."""


def read_golds(value: object) -> tuple[str, ...]:
    """Return the texts of a gold answer, any of which is right.

    Args:
        value: A text, UTF-8 bytes, a number or a boolean, also as numpy's scalar or 0-d array; or
            a list, tuple, set or 1-d array of these, any of which is right. Of a text that holds
            `####` the line after the last one counts.

    Raises:
        RewardError: It is anything else, an empty list, or a number that is not finite.
    """
    if type(value) is str and _MARK not in value and value[:1] != "[":
        return (value,)
    listed = members(value)
    if listed is None and isinstance(value, set | frozenset):
        listed = sorted(value, key=str)
    if listed is None:
        text = _text(value)
        listed = _listed(text)
        if listed is None:
            return (_after_mark(text),)
    if not listed:
        raise RewardError("a gold answer is an empty list; it must hold at least one answer")
    return tuple(_after_mark(_text(member)) for member in listed)


def _text(value: object) -> str:
    value = plain(value)
    if isinstance(value, str):
        return value
    if isinstance(value, float) and not isfinite(value):
        raise RewardError(f"a gold answer must be finite, not {value!r}")
    if isinstance(value, int | float | Fraction):  # also a boolean
        return str(value)
    raise RewardError(
        f"a gold answer must be a text, bytes, a number, a boolean or a list of these, "
        f"not {shown(value)}"
    )


def _listed(text: str) -> list[object] | None:
    """The members of a JSON list of texts, as Skywork-OR1 keeps its golds; `[1, 2]` is a vector."""
    if not (text.startswith('["') and text.endswith('"]')):
        return None
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return values if all(isinstance(value, str) for value in values) else None


def _after_mark(text: str) -> str:
    """The line after the last `####`; the text itself where there is none."""
    _, mark, after = text.rpartition(_MARK)
    return after.strip().partition("\n")[0].strip() if mark else text


def is_readable(gold: str) -> bool:
    """Whether a gold is something that an answer could equal: not blank, no whole solution."""
    if is_blank(gold) or (form := read(gold.strip())) is None:
        return False
    if not isinstance(form, Text):
        return True
    return not form.unreadable and 0 < len(form.canonical.split()) <= MAX_WORDS


def unreadable(golds: Iterable[tuple[str, ...]]) -> str:
    """Return a sentence if no gold at all can be read, else an empty text."""
    example: tuple[str, ...] | None = None
    for texts in golds:
        if any(is_readable(text) for text in texts):
            return ""
        example = texts if example is None else example
    if example is None:
        return ""
    return (
        f"no gold answer can be read, so nothing is right: the first is {shown(example[0])}; "
        "check which field holds the golds"
    )


class UnreadableGolds:
    """Warns once that no gold of a batch can be read."""

    def __init__(self) -> None:
        self._said = False

    def check(self, golds: Iterable[tuple[str, ...]]) -> None:
        """Warn if no gold of the batch can be read, unless it has been said before."""
        if not self._said and (sentence := unreadable(golds)):
            self._said = True
            warnings.warn(sentence, stacklevel=4)
