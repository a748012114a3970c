"""From the text of an answer to its form. Linear scans over capped text; nothing is executed."""

import re
from fractions import Fraction
from functools import lru_cache
from typing import Final

from reasoning_rewards.answers import (
    bases,
    choices,
    clock,
    dates,
    groups,
    measures,
    numerals,
    ratios,
    relations,
    separators,
    units,
    words,
    yes_no,
)
from reasoning_rewards.answers.decoration import without_end_tokens
from reasoning_rewards.answers.expression import ExpressionError, Node, Operation
from reasoning_rewards.answers.forms import (
    Form,
    Readings,
    Scalar,
    Text,
)
from reasoning_rewards.answers.latex import plain_latex
from reasoning_rewards.answers.phrases import strip_introduction, strip_wrapping
from reasoning_rewards.answers.quantity import read_quantity
from reasoning_rewards.answers.remarks import split_dashed, split_remark
from reasoning_rewards.answers.rewriting import rewrite
from reasoning_rewards.answers.scalar import read_expression
from reasoning_rewards.answers.sentences import conclusions, number_said
from reasoning_rewards.answers.unicode import plain_unicode
from reasoning_rewards.answers.unwrapping import last_line, unwrap
from reasoning_rewards.answers.values import Value

MAX_LENGTH: Final = 1_200
MAX_DEPTH: Final = 12

_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}")
_INFINITY: Final = re.compile(r"([-+]?)\s*(?:infinity|infty|inf|oo)", re.IGNORECASE)
_ONE_WORD: Final = re.compile(r"[A-Za-z]+")
_WORD_GAP: Final = re.compile(r"[\s-]+")
# What has several spellings and no number.
_STANDARD: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), said)
    for pattern, said in (
        (
            r"(?:the )?(?:empty ?set|null set|∅|\{\s*\}|\ue000\s*\ue001|\ue000?∅\ue001?)",
            "empty set",
        ),
        (
            r"(?:(?:the set of )?all (?:the )?reals?(?: numbers)?|(?:the )?(?:set of )?real numbers"
            r"|every real number)",
            "all real numbers",
        ),
        (
            r"(?:there (?:is|are) |has |have |it has )?no (?:such |possible )?solutions?"
            r"(?: exists?)?",
            "no solution",
        ),
        (
            r"(?:there (?:is|are) |has |have |it has )?no real (?:solutions?|roots?)(?: exists?)?",
            "no real solution",
        ),
        (r"(?:it |this |the limit )?(?:DNE|do(?:es)?(?: not|n't) exist)", "does not exist"),
    )
)
_NUMERIC_START: Final = re.compile(
    r"[-+]?\s?(?:US ?\$|(?:AU?|CA?|HK|NZ|S)\$|[$€£¥₹]|Rs\.? ?(?=\d))?\s?[-+]?\.?\d"
)
_MORE_THAN_DIGITS: Final = re.compile(r"[A-Za-z:,'\"_]|\d-\d")
_DENIAL: Final = re.compile(r"(?:not|neither|never)\b", re.IGNORECASE)
_BETWEEN: Final = re.compile(
    r"(?P<name>[a-z]) (?:is |lies )?(?:strictly )?between (?P<low>-?[\w./]{1,20}) and "
    r"(?P<high>-?[\w./]{1,20})"
)
_NAMED_POINT: Final = re.compile(
    r"(?:(?:[Pp]oint|[Vv]ertex|[Cc]ent(?:er|re)|[Ff]ocus)\s*(?:[A-Z]'?\s?)?|[A-Z]'?\s?)"
    r"(?=\([^()]*\d[^()]*,[^()]*\)$)"
)
_MIXED: Final = re.compile(
    r"(?P<whole>-?\d{1,12})(?P<joint> and |-)"
    r"(?P<part>\d{1,6}/0*[1-9]\d{0,5})(?P<rest>(?: [A-Za-z].*)?)"
)
# `forty-two (42) pens`
_SAID_TWICE: Final = re.compile(r"^(-?[\d./]+) ?\(\1\)")
# `No. 7`; `No. 7 is prime` is a verdict.
_NUMBERED: Final = re.compile(r"(?:(?:[Nn]o\.|No) ?(?=\d+$)|[Nn]os\.? (?=\d))")


@lru_cache(maxsize=4096)
def read(text: str) -> Form | None:
    """The form of an answer, or `None` when nothing is there. Never raises."""
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _DECIMAL.fullmatch(text):
        return _decimal(text)
    if len(text) > MAX_LENGTH:
        return words.verbatim(text)
    plain = plain_unicode(text)
    if plain is None:
        return Text(text, unreadable=True)
    if len(plain) > MAX_LENGTH:  # NFKC can make a text eighteen times as long
        return words.verbatim(text)
    try:
        plain = plain_latex(rewrite(unwrap(without_end_tokens(plain)).strip()))
        return _read_answer(plain)
    except (ExpressionError, ValueError, RecursionError):
        return words.read(plain)


def _integer(text: str) -> Scalar:
    value = Fraction(int(text))
    return Scalar(Node(Operation.NUMBER, value=value), value, literal=True)


def _decimal(text: str) -> Scalar:
    value = Fraction(text)
    whole, _, after = text.lstrip("+-").partition(".")
    digits = len((whole + after).lstrip("0"))
    node = Node(Operation.NUMBER, value=value)
    return Scalar(node, value, literal=True, digits=digits, decimals=len(after))


def _read_answer(text: str) -> Form | None:
    text = strip_wrapping(text)
    if "\n" in text:
        text = last_line(text)
    text = strip_wrapping(strip_introduction(text))
    if not text:
        return None
    return _read(text, 0)


def _read(text: str, depth: int) -> Form:
    if depth > MAX_DEPTH:
        raise ExpressionError("nested too deep")
    text = separators.plain_groups(text.strip())
    numeric = _NUMERIC_START.match(text) is not None
    form = _read_notation(text, depth) if numeric else _read_named(text, depth)
    if form is not None:
        return form
    grouped = groups.GROUPED.sub(lambda match: match.group().replace(",", ""), text)
    quantity = read_quantity(grouped)
    if quantity is not None:
        return quantity
    form = _reasoned(text, depth)
    if form is not None:
        return form
    for reader in (groups.separated, relations.related, groups.bracketed):
        form = reader(text, depth, _read)
        if form is not None:
            return form
    try:
        expression_form = read_expression(grouped)
    except ExpressionError:
        expression_form = None
    return expression_form or _remarked(text, depth) or _prose(text, depth)


def _read_named(text: str, depth: int) -> Form | None:
    """What begins with a word and means something as a whole; `None` leaves it to the others."""
    if _DENIAL.match(text):
        return yes_no.read(text) or words.read(text)
    if "\\begin<" in text:
        return groups.matrix(text, depth, _read)
    if infinity := _INFINITY.fullmatch(text):
        return Text(("-" if infinity.group(1) == "-" else "") + "infinity")
    for spellings, standard in _STANDARD:
        if spellings.fullmatch(text):
            return Text(standard)
    form: Form | None = choices.read(text) or clock.read(text)
    if form is not None:
        return form
    if date := dates.read(text):
        return date
    if numbered := _NUMBERED.match(text):
        return _read(text[numbered.end() :], depth + 1)
    form = bases.read(text) or yes_no.read(text) or _spelled(text, depth)
    if form is not None:
        return form
    if _ONE_WORD.fullmatch(text) and text not in ("pi", "Pi"):
        return words.read(text)
    if between := _BETWEEN.fullmatch(text):
        low, name, high = between["low"], between["name"], between["high"]
        return relations.related(f"{low} < {name} < {high}", depth, _read)
    if (said := number_said(text)) is not None and said != text:
        form = _read(said, depth + 1)
        return None if isinstance(form, Text) else form
    point = _NAMED_POINT.match(text)
    return _read(text[point.end() :], depth + 1) if point else None


def _spelled(text: str, depth: int) -> Form | None:
    """A number in words, with a unit; `One Direction` and other names keep theirs."""
    if text[1:] != text[1:].lower() and not text.isupper() and not _is_titled_number(text):
        return None
    digits = numerals.in_digits(text.lower())
    if digits is None:
        return None
    digits = _SAID_TWICE.sub(r"\1", digits)
    form = _read_notation(digits, depth) or read_quantity(digits)
    if form is None or (isinstance(form, Scalar) and form.unit.startswith(units.UNKNOWN)):
        return None
    return Readings((words.read(text), form))


def _is_titled_number(text: str) -> bool:
    """Whether all capitals begin number words or units: `Forty-Two Dollars`."""
    capitalised = [word for word in _WORD_GAP.split(text) if word != word.lower()]
    return all(
        word.istitle()
        and (
            numerals.in_digits(word) is not None
            or numerals.multiple_of(word) is not None
            or units.is_known(word.lower())
        )
        for word in capitalised
    )


def _read_notation(text: str, depth: int) -> Form | None:
    """Numbers in notations of their own: times, ratios, shares, bases, foreign separators."""
    if _MORE_THAN_DIGITS.search(text) is None:
        return None
    if date := dates.read(text):
        return date
    if ":" in text or text[-1:].isalpha() or text.endswith((".", "'", '"')):
        ratio, time = ratios.read(text), clock.read(text)
        if time is not None and ratio is not None:
            return Readings((time, ratio))
        form: Form | None = time or ratio or measures.read(text) or ratios.read_share(text)
        if form is not None:
            return form
    elif form := ratios.read(text) or ratios.read_share(text) or measures.read(text):
        return form
    if base := bases.read(text):
        return base
    if joined := _MIXED.fullmatch(text):
        mixed = read_quantity(f"{joined['whole']} {joined['part']}{joined['rest']}")
        if mixed is not None and Fraction(joined["part"]) < 1:
            return mixed if joined["joint"] != "-" else _mixed_or_difference(text, mixed)
    possible = separators.possible_number(text)
    number = read_quantity(possible[0]) if possible else None
    if possible is None or number is None:
        return None
    listed = None if possible[1] else groups.separated(text, depth, _read)
    return number if listed is None else Readings((listed, number))


def _mixed_or_difference(text: str, mixed: Scalar) -> Form:
    """`2-1/2` is a difference, and how some write two and a half."""
    try:
        difference = read_expression(text)
    except ExpressionError:
        difference = None
    return mixed if difference is None else Readings((difference, mixed))


def _reasoned(text: str, depth: int) -> Form | None:
    """`42, because 6*7 = 42`."""
    if text[-1:] in ")]" or (parts := split_remark(text)) is None:
        return None
    form = _read(strip_wrapping(parts[0]), depth + 1)
    return None if isinstance(form, Text) and not form.label else form


def _remarked(text: str, depth: int) -> Form | None:
    """`42 (six more than 36)`, `42 - final answer`, `Paris (France)`; not `42 (43)`."""
    bracketed = text[-1:] in (")", "]")
    parts = split_remark(text) if bracketed else split_dashed(text)
    if parts is None:
        return None
    form = _read(strip_wrapping(parts[0]), depth + 1)
    if isinstance(form, Text):
        if not bracketed:
            return None
        return form if form.label else Readings((words.read(text), form))
    remark = _value(_read(strip_wrapping(parts[1]), depth + 1))
    return form if remark is None or remark == _value(form) else None


def _value(form: Form) -> Value | None:
    forms = form.forms if isinstance(form, Readings) else (form,)
    return next((one.value for one in forms if isinstance(one, Scalar)), None)


def _prose(text: str, depth: int) -> Form:
    whole = words.read(text)
    said = [_read(strip_wrapping(part), depth + 1) for part in conclusions(text)]
    return Readings((whole, *said)) if said else whole
