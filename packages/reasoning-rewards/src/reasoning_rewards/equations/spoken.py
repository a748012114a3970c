"""Arithmetic in words, `24 times 3 is 72`, with signs instead."""

import re
from typing import Final

from reasoning_rewards.equations.arithmetic import CHOOSE

_NUMBER: Final = r"\$?\d[\d,]{0,20}(?:\.\d{1,12})?%?"
_AMOUNT: Final = rf"{_NUMBER}(?: [A-Za-z]{{1,20}}){{0,2}}?"
_OPERATORS: Final = {
    "times": "*", "multiplied by": "*", "plus": "+", "added to": "+", "minus": "-",
    "divided by": "/", "over": "/", "choose": CHOOSE, "to the power of": "^", "@": "*",
}  # fmt: skip
_OPERATOR: Final = re.compile(
    rf"(?<=[\d)%!])((?: [A-Za-z]{{2,20}}){{0,2}}?) "
    rf"({'|'.join(re.escape(word) for word in _OPERATORS)})(?: the)? (?=[$(]{{0,2}}\d)"
)
_STATED: Final = re.compile(r"= ?[$(]{0,2}[\d.,/]{1,20}%?\)?$")
_GOES_ON: Final = re.compile(rf"[$(]{{0,2}}{_NUMBER}\)?(?: [a-z]{{1,20}})? ?[=≈]")
_SQUARED: Final = re.compile(r"(?<=[\d)]) (squared|cubed)\b")
_FRACTIONS: Final = {
    "half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10,
}  # fmt: skip
# A look at three letters is many times faster than one at a word.
_SHARE_ENDS: Final = frozenset(form[-3:] for word in _FRACTIONS for form in (word, f"{word}s"))
_SHARE_SIGNS: Final = frozenset("%)0123456789")
_WRITTEN: Final = "written"
_SPELLED: Final = "spelled"
_TOPS: Final = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_DETERMINER: Final = r"(?:(?:the|her|his|their|its|those|these|all|a) )?"
_FRACTION_OF: Final = re.compile(
    rf"\b(?:(a|an|one|two|three|four|five)[ -])?({'|'.join(_FRACTIONS)})s? of "
    rf"{_DETERMINER}(?=[$(]{{0,2}}\d)",
    re.IGNORECASE,
)
_MULTIPLES: Final = {"twice": "2 * ", "double": "2 * ", "triple": "3 * ", "thrice": "3 * "}
_MULTIPLE: Final = re.compile(r"\b(twice|double|triple|thrice) (?=\$?\d)", re.IGNORECASE)
_PERCENT: Final = re.compile(r"(?<=\d)(?: percent\b| per cent\b)")
# `10% of the $400 + $50 = $450`: the words belong to the sum.
_SHARE_OF: Final = re.compile(
    rf"(%|(?<=\d)/\d{{1,6}}\)?) of (?:(?=[$(]{{0,2}}\d)|{_DETERMINER}"
    rf"(?=[$(]{{0,2}}\d[\d,]{{0,20}}+(?:\.\d{{1,12}})?+(?! ?[-+])))"
)
_PAIRS: Final = {
    "sum": "+", "product": "*", "difference": "-", "quotient": "/", "multiply": "*",
    "multiplying": "*", "divide": "/", "dividing": "/", "add": "+", "adding": "+",
}  # fmt: skip
_PAIR: Final = re.compile(
    rf"\b(?:(?:the )?(sum|product|difference|quotient) (?:of|between)|"
    rf"(multiply|multiplying|divide|dividing|add|adding)) "
    rf"({_AMOUNT}) (?:and|by|with|to) (?={_NUMBER})",
    re.IGNORECASE,
)
_PAIR_HINTS: Final = (
    "tiply ", "plying ", "ivide ", "viding ", "dd ", "dding ", "btract ", "btracting ", "um of ",
    "uct of ", "nce of ", "nce between ", "ent of ",
)  # fmt: skip
_INFIXES: Final = tuple(f" {word} " for word in _OPERATORS)
_SUBTRACTED: Final = re.compile(
    rf"\bsubtract(?:ing)? ({_AMOUNT}) from ({_AMOUNT})(?=\s|[.,;=]|$)", re.IGNORECASE
)
_SAYS_EQUAL: Final = tuple(
    (words.split()[0], f" {words} ")
    for words in "is|are|was|were|equals|gives|makes|leaves|yields|becomes|totals|is equal to|"
    "equals to|gives us|will be|comes to|for a total of|gives a total of|amounts to|results in|"
    "works out to|adds up to|comes out to".split("|")
)
_COMPUTED_THEN_VERB: Final = re.compile(
    rf"[-+*/^!{CHOOSE}]"
    r"[ $(]{0,3}+\d{0,20}+[\d.,]{0,20}+[)%!]{0,2}+(?: [A-Za-z]{1,20}+){0,3}"
    rf"(?:{'|'.join(verb for _, verb in _SAYS_EQUAL)})"
)
_ROUGHLY: Final = re.compile(r"(?:about|approximately|roughly|around|nearly|almost) ")
_RESULT: Final = re.compile(
    r"-?\$?\d[\d,]{0,20}+(?:\.\d{1,12})?+%?+"
    r"(?! ?[-+*/^=≈]|\d| (?:times|more|less|fewer|of|and \d|percent|greater|short)\b)"
)
_LEFT_OF_IT: Final = re.compile(
    r"(?:(?<![\w.])[-($√]{0,3}\d[\d.,]{0,20}[)%!]{0,2}(?: [A-Za-z]{2,20}){0,2}? ?"
    rf"[-+*/^{CHOOSE}]"
    r"[ $(]{0,3}\d[\d.,]{0,20}[)%!]{0,2}|[\d)]\^\d{1,3}|√\(?\d[\d.,]{0,20}\)?"
    r"|(?<![\w.])\d{1,3}!)(?: [A-Za-z]{1,20}){0,3}$"
)
_BEGINS_NUMBER: Final = frozenset("0123456789$(-")
_BEGINS_RESULT: Final = frozenset("0123456789$-anr")
_SIGN: Final = re.compile(f"[-+*/^√!{CHOOSE}]")
_BEGINS_DETERMINER: Final = frozenset("thiaTHIAnr")
_DETERMINED: Final = re.compile(rf"(?:{_DETERMINER}|(?:{_ROUGHLY.pattern}))[$(]{{0,2}}\d")
_WINDOW: Final = 100
_SEPARATOR: Final = re.compile(r"[=;:\n]|[.,]\s")

_PERCENT_CUES: Final = frozenset(("percent", "cent"))
_POWER_CUES: Final = frozenset(("squared", "cubed"))
_PAIR_CUES: Final = frozenset((*_PAIRS, "subtract", "subtracting"))
_INFIX_CUES: Final = frozenset(
    "times plus minus multiplied divided added over choose power @".split()
)
_VERB_CUES: Final = frozenset(first for first, _ in _SAYS_EQUAL)
CUES: Final = _PERCENT_CUES.union(
    ("of",), _POWER_CUES, _MULTIPLES, _PAIR_CUES, _INFIX_CUES, _VERB_CUES
)
_QUOTED_CUE: Final = re.compile(
    rf"'(?:(?:{'|'.join(sorted({*_MULTIPLES, *_PAIR_CUES}))})\b"
    r"|(?<=percent.)|(?<= cent.)|(?<=squared.)|(?<=cubed.))",
    re.IGNORECASE,
)


def cues_in(text: str, vocabulary: frozenset[str]) -> frozenset[str]:
    """The words of an ASCII text that may stand for signs; `vocabulary` are all its words.

    Most stages of `with_operators` are out of the question without their words, and a look into a
    set is many times faster than one into the text.
    """
    # A quotation mark is part of a word there.
    if "'" in text and _QUOTED_CUE.search(text):
        return CUES
    return CUES & vocabulary


def with_operators(text: str, cues: frozenset[str] = CUES) -> str:
    """The text with signs for its operators, and an equals sign where a verb states a result.

    Args:
        text: What a trace says.
        cues: The text's `cues_in`, where the caller knows its words.
    """
    if not cues:
        return text
    if not cues.isdisjoint(_PERCENT_CUES):
        text = _PERCENT.sub("%", text)
    if "of" in cues and (shares := _shares(text)):
        text = _SHARE_OF.sub(lambda match: _unless_told(match, f"{match[1]} * "), text)
        if shares == _SPELLED:
            text = _FRACTION_OF.sub(_fraction, text)
    if not cues.isdisjoint(_POWER_CUES):
        text = _SQUARED.sub(lambda match: "^2" if match[1] == "squared" else "^3", text)
    if not cues.isdisjoint(_MULTIPLES) and (
        "wice " in text or "ouble " in text or "riple " in text or "hrice " in text
    ):
        text = _MULTIPLE.sub(lambda match: _MULTIPLES[match[1].casefold()], text)
    if not cues.isdisjoint(_PAIR_CUES) and _pairs_numbers(text):
        text = _SUBTRACTED.sub(r"\2 - \1", _PAIR.sub(_pair, text))
    if not cues.isdisjoint(_INFIX_CUES) and _joins_numbers(text):
        text = _OPERATOR.sub(
            lambda match: _unless_told(match, f"{match[1]} {_OPERATORS[match[2]]} "), text
        )
    verbs = cues & _VERB_CUES
    if verbs and (_COMPUTED_THEN_VERB.search(text) or "√" in text):
        for first, verb in _SAYS_EQUAL:
            if first in verbs and verb in text:
                text = _with_equals(text, verb)
    return text


def _pairs_numbers(text: str) -> bool:
    return any(hint in text and _stands_before_number(text, hint) for hint in _PAIR_HINTS)


def _joins_numbers(text: str) -> bool:
    return any(word in text and _stands_before_number(text, word) for word in _INFIXES)


def _stands_before_number(text: str, words: str) -> bool:
    """Whether a number follows some words, perhaps behind a determiner: a cheap look."""
    start = text.find(words)
    while start >= 0:
        start += len(words)
        following = text[start : start + 1]
        if following in _BEGINS_NUMBER or (
            following in _BEGINS_DETERMINER and _DETERMINED.match(text, start)
        ):
            return True
        start = text.find(words, start - 1)
    return False


def _shares(text: str) -> str:
    """What stands before some ` of `: a percentage or a fraction, or a word for one, or neither."""
    found = ""
    start = text.find(" of ")
    while start >= 0:
        before = text[max(start - 3, 0) : start].casefold()
        if before in _SHARE_ENDS:
            return _SPELLED
        if before[-1:] in _SHARE_SIGNS:
            found = _WRITTEN
        start = text.find(" of ", start + 3)
    return found


def _unless_told(match: re.Match[str], signs: str) -> str:
    """The signs, but not behind a result: in `60 / 3 = 20 times 2 people` the 20 is stated."""
    before = match.string[max(match.start() - 24, 0) : match.start()]
    if _STATED.search(before) and not _GOES_ON.match(match.string, match.end()):
        return match.group()
    return signs


def _fraction(match: re.Match[str]) -> str:
    top = _TOPS[(match[1] or "a").casefold()]
    return f"{top}/{_FRACTIONS[match[2].casefold()]} * "


def _pair(match: re.Match[str]) -> str:
    return f"{match[3]} {_PAIRS[(match[1] or match[2]).casefold()]} "


def _with_equals(text: str, verb: str) -> str:
    """`verb` as an equals sign wherever it stands between a computation and a number."""
    pieces: list[str] = []
    done = 0
    start = text.find(verb)
    while start >= 0:
        end = start + len(verb)
        if text[end : end + 1] in _BEGINS_RESULT:
            left = text[max(start - _WINDOW, done) : start]
            rough = _ROUGHLY.match(text, end)
            if _computes(left) and _RESULT.match(text, rough.end() if rough else end):
                pieces += (text[done:start], " ≈= " if rough else " = ")
                done = end = rough.end() if rough else end
        start = text.find(verb, end - 1)
    return "".join((*pieces, text[done:])) if pieces else text


def _computes(left: str) -> bool:
    """Whether a text ends in a computation and perhaps its unit."""
    if not _SIGN.search(left):
        return False
    separators = list(_SEPARATOR.finditer(left))
    return bool(_LEFT_OF_IT.search(left, separators[-1].end() if separators else 0))
