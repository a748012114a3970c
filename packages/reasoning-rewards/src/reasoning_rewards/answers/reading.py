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
    expression,
    measures,
    numerals,
    ratios,
    separators,
    units,
    values,
    words,
    yes_no,
)
from reasoning_rewards.answers.decoration import without_end_tokens
from reasoning_rewards.answers.expression import ExpressionError, Node, Operation
from reasoning_rewards.answers.forms import (
    Collection,
    Form,
    Group,
    Readings,
    Relation,
    Scalar,
    Text,
)
from reasoning_rewards.answers.latex import SET_CLOSE, SET_OPEN, plain_latex
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
MAX_ITEMS: Final = 100
MAX_SIDES: Final = 8
MAX_DEPTH: Final = 12

_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}")
_GROUPED: Final = re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,])")
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
            r"(?:there (?:is|are) |has |have |it has )?no (?:possible )?solutions?(?: exists?)?"
            r"|no such solutions?(?: exists?)?",
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
_FUNCTION_NAME: Final = re.compile(r"[A-Za-z]'*(?:\^\(?-1\)?)?(?:_\w+)?\([A-Za-z0-9,]+\)")
_PROSE_WORD: Final = re.compile(r"[A-Za-z]{2,}")
_OPENING: Final = "([{" + SET_OPEN
_CLOSING: Final = ")]}" + SET_CLOSE
# `2 3 5`: numbers of one or two digits; `1 000` is a thousand and `7 1/2` a mixed number.
_SPACED: Final = re.compile(r"-?\d{1,2}(?: -?\d{1,2})+")
FLIPPED_ORDER: Final = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}
_RELATIONS: Final = "<>≤≥≠=≈∈"
_GREATER: Final = re.compile(r"(?P<name>[a-z])\s*(?P<sign>=>|=<)\s*(?P<value>-?[\d./]+)")
_MATRIX: Final = re.compile(r"\\begin<(?:[pbvB]?matrix|array)>(.*?)\\end<\w+>", re.DOTALL)


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
    grouped = _GROUPED.sub(lambda match: match.group().replace(",", ""), text)
    quantity = read_quantity(grouped)
    if quantity is not None:
        return quantity
    for reader in (_reasoned, _separated, _related, _bracketed):
        form = reader(text, depth)
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
        return _matrix(text, depth)
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
        return _related(f"{low} < {name} < {high}", depth)
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
    listed = None if possible[1] else _separated(text, depth)
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


def _separated(text: str, depth: int) -> Form | None:
    """Lists: separated by `;`, `,`, `and`, `or`; unions by `∪`; `±` gives both signs."""
    parts = _split(text, ("∪",))
    if len(parts) > 1:
        return _union(parts, depth)
    text = re.sub(r"(?<=[\d)}\]A-Z])(or|and)(?=[A-Z(]\()", r" \1 ", text)
    parts = _split(text, (";",))
    if len(parts) > 1:
        return _group(Collection.BARE, [_tupled(part, depth) for part in parts])
    parts = _split(text, (",", " and ", " or "))
    if len(parts) > 1:
        parts = [re.sub(r"^(?:and|or)\s+", "", part) for part in parts]
        if not all(_list_like(part) for part in parts):
            return None
        items = [_read_item(part, depth) for part in parts]
        joined = None if " or " in text else _conjunction(items)
        return joined or _group(Collection.BARE, items)
    if _SPACED.fullmatch(text):
        return _group(Collection.BARE, [_read(part, depth + 1) for part in text.split()])
    if text.count("±") == 1:
        variants = [text.replace("±", sign) for sign in "+-"]
        return _group(
            Collection.BARE, [_read(v.lstrip().removeprefix("+"), depth + 1) for v in variants]
        )
    return None


def _conjunction(items: list[Form]) -> Relation | None:
    """`x > 3 and x < 7` as 3 < x < 7; `None` where the two do not bound one variable."""
    bounds: dict[bool, tuple[Form, str]] = {}
    names: set[Form] = set()
    for item in items:
        if not isinstance(item, Relation) or len(item.operators) != 1:
            return None
        (left, right), operator = item.sides, item.operators[0]
        if operator not in FLIPPED_ORDER:
            return None
        if isinstance(left, Scalar) and isinstance(right, Text):
            left, right, operator = right, left, FLIPPED_ORDER[operator]
        if not isinstance(left, Text) or not isinstance(right, Scalar) or right.rational is None:
            return None
        names.add(left)
        bounds[operator in "<≤"] = (right, operator)
    if len(items) != 2 or len(names) != 1 or len(bounds) != 2:
        return None
    (low, above), (high, below) = bounds[False], bounds[True]
    if not (isinstance(low, Scalar) and isinstance(high, Scalar)):
        return None
    if low.rational is None or high.rational is None or low.rational >= high.rational:
        return None
    return Relation((low, names.pop(), high), (FLIPPED_ORDER[above], below))


def _union(parts: list[str], depth: int) -> Form:
    """A union; one of sets alone is the set of all their members."""
    if not all(part[0] in "{" + SET_OPEN for part in parts):
        return _group(Collection.UNION, [_read(part, depth + 1) for part in parts])
    members: list[Form] = []
    for part in parts:
        form = _read(part, depth + 1)
        is_set = isinstance(form, Group) and form.kind is Collection.SET
        members.extend(form.items if is_set and isinstance(form, Group) else (form,))
    return Group(Collection.SET, tuple(members))


def _list_like(part: str) -> bool:
    """Not a clause of a sentence."""
    return len(_PROSE_WORD.findall(part)) <= 4 and not re.search(r"[.!?]\s", part)


def _read_item(part: str, depth: int) -> Form:
    part = re.sub(r"\s+for part\b.*$", "", part.strip())
    return _read(part, depth + 1)


def _tupled(part: str, depth: int) -> Form:
    items = _split(part, (",",))
    if len(items) == 1:
        return _read(part, depth + 1)
    return Group(Collection.TUPLE, tuple(_read(item, depth + 1) for item in items))


def _group(kind: Collection, items: list[Form]) -> Form:
    return items[0] if len(items) == 1 else Group(kind, tuple(items))


def _split(text: str, separators: tuple[str, ...]) -> list[str]:
    """Split at separators outside brackets; commas inside a grouped number are no separators."""
    if not any(separator in text for separator in separators):
        return [text]
    guarded: set[int] = set()
    if "," in separators:
        for match in _GROUPED.finditer(text):
            guarded.update(range(match.start(), match.end()))
    parts: list[str] = []
    depth = start = index = 0
    while index < len(text):
        char = text[index]
        if char in _OPENING:
            depth += 1
        elif char in _CLOSING:
            depth = max(depth - 1, 0)
        elif depth == 0 and index not in guarded:
            found = next((s for s in separators if text.startswith(s, index)), None)
            if found:
                parts.append(text[start:index])
                index += len(found)
                start = index
                continue
        index += 1
    parts.append(text[start:])
    if len(parts) > MAX_ITEMS:
        raise ExpressionError("too many items")
    return [part.strip() for part in parts if part.strip()] or [text]


def _related(text: str, depth: int) -> Form | None:
    if not any(char in text for char in _RELATIONS):
        return None
    if implied := _GREATER.fullmatch(text):
        text = f"{implied['name']}{'≥' if implied['sign'] == '=>' else '≤'}{implied['value']}"
    text = text.replace("<=", "≤").replace(">=", "≥").replace("!=", "≠").replace("=>", " ")
    text = text.replace("==", "=")
    sides: list[str] = []
    operators: list[str] = []
    level = start = 0
    for index, char in enumerate(text):
        if char in _OPENING:
            level += 1
        elif char in _CLOSING:
            level = max(level - 1, 0)
        elif level == 0 and char in _RELATIONS:
            sides.append(text[start:index].strip())
            operators.append(char)
            start = index + 1
    sides.append(text[start:].strip())
    if not operators:
        return None
    if len(operators) > MAX_SIDES:
        raise ExpressionError("too many relations")
    if "≈" in operators:
        return _approximated(sides, operators, depth)
    if not all(sides):
        if operators == ["="] and sides[1]:
            return _read(sides[1], depth + 1)
        raise ExpressionError("a relation without a side")
    if operators == ["∈"]:
        return _read(sides[1], depth + 1)
    if set(operators) == {"="}:
        return _equation(sides, depth)
    return Relation(tuple(_read(side, depth + 1) for side in sides), tuple(operators))


def _approximated(sides: list[str], operators: list[str], depth: int) -> Form | None:
    """`22/7 ≈ 3.14` is either side, where the second rounds the first; `5 ≈ 6` is no answer."""
    cut = operators.index("≈")
    if cut != len(operators) - 1 or not sides[-1]:
        raise ExpressionError("an approximation of an approximation")
    approximate = _read(sides[-1], depth + 1)
    if not sides[0]:
        return approximate
    exact_text = (
        sides[0]
        if not operators[:cut]
        else "".join(
            side + operator for side, operator in zip(sides, [*operators[:cut], ""], strict=False)
        )
    )
    exact = _read(exact_text, depth + 1)
    if isinstance(exact, Text) or (isinstance(exact, Scalar) and exact.names):
        return approximate
    if not (isinstance(exact, Scalar) and isinstance(approximate, Scalar)):
        return None
    if exact.value is None or approximate.value is None or not approximate.literal:
        return None
    gap = abs(values.to_decimal(exact.value) - values.to_decimal(approximate.value))
    if gap >= values.to_decimal(Fraction(1, 10**approximate.decimals)):
        return Text(" ≈ ".join(sides), unreadable=True)
    return Readings((exact, approximate))


def _equation(sides: list[str], depth: int) -> Form:
    """The last side is the answer; `2x + 3y = 5` stays an equation."""
    last = _read(sides[-1], depth + 1)
    if isinstance(last, Text) and len(last.canonical) == 1 and sides[-2][-1:].isdigit():
        return _read(sides[-2], depth + 1)  # `20 = A`
    if len(sides) == 2 and _is_algebra(sides[0]):
        return Relation((_read(sides[0], depth + 1), last), ("=",))
    name = re.sub(r"\s", "", sides[0])
    if isinstance(last, Scalar):
        return Scalar(
            last.node, last.value, last.literal, last.names, last.unit, last.percent,
            last.digits, last.decimals, name,
        )  # fmt: skip
    if isinstance(last, Group):
        return Group(last.kind, last.items, name)
    return last


def _is_algebra(side: str) -> bool:
    """An expression with variables and numbers or sums, not the name of something."""
    if _FUNCTION_NAME.fullmatch(side.replace(" ", "")):
        return False
    try:
        node = expression.parse(side)
    except ExpressionError:
        return False
    if not node.names() or node.operation in (Operation.NAME, Operation.NUMBER):
        return False
    return bool(re.search(r"(?<![_A-Za-z(])\d|[-+^]", side)) or "*" in side


def _bracketed(text: str, depth: int) -> Form | None:
    if len(text) < 2 or text[0] not in _OPENING or text[-1] not in _CLOSING:
        return None
    level = 0
    for index, char in enumerate(text):
        level += (char in _OPENING) - (char in _CLOSING)
        if level == 0 and index < len(text) - 1:
            return None
    inner = text[1:-1]
    kind = _KINDS.get(text[0] + text[-1])
    if kind is None:
        return None
    parts = _split(inner, (",", ";"))
    if len(parts) == 1 and _GROUPED.fullmatch(inner.strip("-")):
        parts = [part for part in inner.split(",") if part.strip()]  # (1,234) is a pair
    if len(parts) == 1:
        if kind in (Collection.TUPLE, Collection.LIST, Collection.SET):
            return _read(inner, depth + 1)
        return None
    return Group(kind, tuple(_read(part, depth + 1) for part in parts))


_KINDS: Final = {
    "()": Collection.TUPLE,
    "[]": Collection.LIST,
    "[)": Collection.LEFT_CLOSED,
    "(]": Collection.RIGHT_CLOSED,
    "{}": Collection.SET,
    SET_OPEN + SET_CLOSE: Collection.SET,
}


def _matrix(text: str, depth: int) -> Form:
    match = _MATRIX.fullmatch(text.strip("()[] "))
    if match is None:
        return words.read(text)
    rows = [row for row in match.group(1).split("\\\\") if row.strip()]
    return Group(
        Collection.MATRIX,
        tuple(
            Group(Collection.ROW, tuple(_read(cell, depth + 1) for cell in row.split("&")))
            for row in rows
        ),
    )
