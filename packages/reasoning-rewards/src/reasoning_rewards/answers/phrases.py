"""Words around an answer: prefixes that introduce it, and words that take it back."""

import re
from typing import Final

from reasoning_rewards.answers.decoration import without_marks

_INTRODUCTION: Final = re.compile(
    r"(?:(?:so|thus|hence|therefore|then|finally|overall|in total|in conclusion)\b[ ,:]*)*"
    r"(?:(?:(?:the|my|our|your|correct|final|right|best|exact|required|total|numerical|possible) )*"
    r"(?:answers?|ans|results?|solutions?|values?|totals?(?: of)?|(?:option|choice)(?= is)|sum"
    r"|product|number|we (?:find|get|have|obtain)"
    r"|it is|it's|this (?:is|gives|equals)|which (?:is|gives|equals))\b"
    r"(?: (?:option|choice|number|that))?"
    r"(?: (?:is|are|equals?|was|will be|would be|to be|must be|should be)\b)?"
    r"(?: (?:option|choice|therefore|thus|then|simply|just|equal to|exactly|the letter)\b)*"
    r"(?: ?[:=])?)? *",
    re.IGNORECASE,
)
RETRACTING: Final = re.compile(
    r"\b(?:not|n't|isn't|isnt|cannot|never|neither|nor|wrong|incorrect|instead|rather|but|however|"
    r"although|actually|wait|except|maybe|perhaps|possibly|either|between|unsure|unknown|or|versus|"
    r"and not|if|unless|could|might|may|doubt|wonder|hardly|unlikely|far from|false|guess)\b|n't\b",
    re.IGNORECASE,
)
_CONTINUED: Final = re.compile(r"\.\d{2,}\.\.\.$")  # `0.333...` goes on
_EXCLAIMED: Final = re.compile(r"[A-Za-z]{2}!$")
_APPROXIMATELY: Final = re.compile(
    r"(?:about|approximately|approx\.?|roughly|around|circa|~|≈"
    r"|(?:exactly|precisely|only|just|(?:an? )?(?:total|sum) of)(?=\s[-+$€£¥]?\s?[\d.]))\s*"
)
# `Total cost: $42`, but not `lambda: 42`.
_LABELLED: Final = re.compile(
    r"[K-Zk-z]\s?:\s*(?=[-+$€£¥]?\s?[\d.])|(?:[A-Za-z][A-Za-z ,'()\-]{0,60} )?"
    r"(?:answer|total|cost|price|amount|number|sum|result|profit|value|distance|area|age|time|count"
    r"|difference|average|speed|length|volume|perimeter|weight|change|savings?|earnings?|revenue)"
    r"\s?:\s*(?=[-+$€£¥]?\s?[\d.])",
    re.IGNORECASE,
)
# `a 20% increase`, `a total of 42`, `a loss of $40`: the noun only says what the number is.
_AMOUNT: Final = re.compile(
    r"an? (?:(?=[-+$€£¥]?\d)|(?:[a-z]+ )?(?:total|sum|loss|profit|gain|cost|price|amount|discount"
    r"|increase|decrease|reduction|score|distance|speed|length|height|width|depth|area|volume"
    r"|weight|mass|income|salary|balance|debt|change|tip|tax|fee|maximum|minimum|median|mean"
    r"|probability|ratio) of (?=[-+$€£¥]?\s?[\d.]))"
)
# `increased by 20%`, `up by 3`
_CHANGED: Final = re.compile(
    r"(?:(?:it |has )?(?:(?:in|de)crease[sd]?|reduced|rose|risen|fell|fallen|grew|grown|dropped|up"
    r"|down)|an? (?:increase|decrease|reduction|rise|fall|drop)) by (?=[-+$€£¥]?\s?[\d.])",
    re.IGNORECASE,
)
# `is 42`: what is left of a sentence.
_BARE_VERB: Final = re.compile(r"(?:is|are|equals|was|were) +(?=[-+$€£¥(]?\s?[\d.])", re.IGNORECASE)
_YEAR: Final = re.compile(r"in \d{3,4}", re.IGNORECASE)
# `**Answer:** 42`: emphasis on the label alone.
_MARKED_LABEL: Final = re.compile(r"(\*\*|__|\*)(\(?[A-Za-z ]{1,40}[:.)]{0,2})\1(?=[\s:=])")
_QUOTES: Final = "\"'`“”‘’«»„"
# `42 approx.`
_HEDGED_BEHIND: Final = re.compile(
    r"(?<=[\d%]) (?:approx\.?|approximately|roughly)$", re.IGNORECASE
)
_ELEMENT: Final = re.compile(
    r"<(b|i|u|p|em|strong|span|code|mark|div|big)>(.*)</\1>", re.IGNORECASE | re.DOTALL
)


def strip_introduction(text: str) -> str:
    """`The final answer is: 42` gives `42`, and so do `about 42` and `42 approx.`

    A text that begins and ends otherwise comes back unchanged.
    """
    match = _INTRODUCTION.match(text)
    if match and 0 < match.end() < len(text) and _at_boundary(text, match.end()):
        text = text[match.end() :]
    introductions = (_LABELLED, _BARE_VERB, _AMOUNT, _CHANGED)
    match = next(filter(None, (each.match(text) for each in introductions)), None)
    if match and not RETRACTING.search(text):
        text = text[match.end() :]
    if _YEAR.fullmatch(text):
        text = text[3:]
    match = _APPROXIMATELY.match(text)
    if match and match.end() < len(text):
        return text[match.end() :]
    return _HEDGED_BEHIND.sub("", text)


def _at_boundary(text: str, index: int) -> bool:
    return not (text[index - 1].isalnum() and text[index].isalnum())


def strip_wrapping(text: str) -> str:
    """The text without white space, emphasis, ornaments, quotes and final punctuation around it."""
    text = without_marks(text).lstrip(":").strip()
    while text[:1] == "<" and (element := _ELEMENT.fullmatch(text)):
        text = element[2].strip()
    while text.startswith("#"):
        text = text.lstrip("#").strip()
    text = _MARKED_LABEL.sub(r"\2", text, count=1) if text[:1] in ("*", "_") else text
    for mark in ("**", "__", "```", "`", "*", "_"):
        if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark):
            text = text[len(mark) : -len(mark)].strip()
    if text.endswith(("!?", "?!", "!!", "!.")) or _EXCLAIMED.search(text):
        text = text.rstrip("!?. ")  # a single `!` after a number or a letter is a factorial
    if not _CONTINUED.search(text):
        text = text.rstrip(" .,;:?\\\u2009\n\t")
    for mark in ("**", "*", "`"):
        if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark):
            text = text[len(mark) : -len(mark)].rstrip(" .,;:?")
    if len(text) >= 2 and text[0] in _QUOTES and text[-1] in _QUOTES:
        text = text[1:-1].strip()
    return text.strip()
