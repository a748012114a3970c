"""A second opinion on correctness that shares no code with the reward.

It is simple on purpose: the last numbers of what the completion finally says, compared as exact
fractions; words where the gold holds no number. A policy learns whatever the reward's own reading
lets through, so the alarm (`divergence`) needs a reader that was never optimized against. It does
not read number words, LaTeX fractions or units; such disagreements are few and constant, and the
alarms look at how they change.
"""

import re
from fractions import Fraction

_ANSWER = "<answer>"
_TAIL = 2_000
"""Characters at the end of a text that are looked at: an answer is not longer."""
_TAG = re.compile(r"</?[A-Za-z_]{1,20}>")
# Neither end may touch a digit: of a number too long to be an answer, no part is one either.
_NUMBER = re.compile(
    r"(?<![\d.])(?:(?<![\w)])-)?(?:\d{1,3}(?:,\d{3}){1,6}|\d{1,30})"
    r"(?:\.\d{1,30})?(?:/\d{1,20})?(?!\d)",
    re.ASCII,
)
_WORD = re.compile(r"[a-z0-9]+")


def independent_correct(completion: str, gold: str) -> bool:
    """Whether the completion's final answer is the gold, as this module reads both.

    The final answer is what follows the last `<answer>`, else the whole text. Its last numbers must
    be the gold's numbers; without numbers in the gold, its last words must be the gold's words.
    Never raises; linear in the text.
    """
    said = _final_part(completion)
    wanted = _numbers(gold)
    if wanted:
        return _numbers(said)[-len(wanted) :] == wanted
    words = _words(gold)
    return bool(words) and _words(said)[-len(words) :] == words


def _final_part(completion: str) -> str:
    start = completion.rfind(_ANSWER)
    if start >= 0:
        start += len(_ANSWER)
        end = completion.find("</", start)
        part = completion[start : end if end >= 0 else None]
        if part.strip():
            return _TAG.sub(" ", part[-_TAIL:])
    return _TAG.sub(" ", completion[-_TAIL:])


def _numbers(text: str) -> list[Fraction]:
    values = []
    for found in _NUMBER.findall(text.replace("−", "-").replace("$", "")):
        numerator, _, denominator = found.replace(",", "").partition("/")
        if not denominator:
            values.append(Fraction(numerator))
        elif int(denominator):
            values.append(Fraction(numerator) / int(denominator))
    return values


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
