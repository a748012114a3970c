"""From the text of an answer to its form. Linear scans over capped text; nothing is executed."""

import re
from fractions import Fraction
from functools import lru_cache
from typing import Final

from reasoning_rewards.answers import expression, words
from reasoning_rewards.answers.expression import ExpressionError, Node, Operation
from reasoning_rewards.answers.forms import Collection, Form, Group, Relation, Scalar, Text
from reasoning_rewards.answers.latex import SET_CLOSE, SET_OPEN, plain_latex
from reasoning_rewards.answers.phrases import strip_introduction, strip_wrapping
from reasoning_rewards.answers.quantity import read_quantity
from reasoning_rewards.answers.scalar import read_expression
from reasoning_rewards.answers.unicode import plain_unicode
from reasoning_rewards.answers.unwrapping import last_line, unwrap

MAX_LENGTH: Final = 1_200
MAX_ITEMS: Final = 100
MAX_SIDES: Final = 8
MAX_DEPTH: Final = 12

_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,18}")
_EUROPEAN: Final = re.compile(r"([-+]?)(\d{1,3}(?:\.\d{3})+|\d{1,3}(?: \d{3})+(?=,))(,\d+)?")
_GROUPED: Final = re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,])")
_INFINITY: Final = re.compile(r"([-+]?)\s*(?:infinity|infty|inf|oo)", re.IGNORECASE)
_ONE_WORD: Final = re.compile(r"[A-Za-z]+")
_EMPTY_SET: Final = re.compile(
    r"(?:the )?(?:empty ?set|null set|∅|\{\s*\}|\ue000\s*\ue001|\ue000?∅\ue001?)", re.IGNORECASE
)
_DATE: Final = re.compile(
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* \d{1,2}(?:st|nd|rd|th)?,? \d{3,4}",
    re.IGNORECASE,
)
_FUNCTION_NAME: Final = re.compile(r"[A-Za-z]'*(?:\^\(?-1\)?)?(?:_\w+)?\([A-Za-z0-9,]+\)")
_PROSE_WORD: Final = re.compile(r"[A-Za-z]{2,}")
_OPENING: Final = "([{" + SET_OPEN
_CLOSING: Final = ")]}" + SET_CLOSE
_RELATIONS: Final = "<>≤≥≠=≈∈"
_MATRIX: Final = re.compile(r"\\begin<(?:[pbvB]?matrix|array)>(.*?)\\end<\w+>", re.DOTALL)


@lru_cache(maxsize=4096)
def read(text: str) -> Form | None:
    """The form of an answer, or `None` when nothing is there. Never raises."""
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if len(text) > MAX_LENGTH:
        return words.verbatim(text)
    plain = plain_unicode(text)
    if plain is None:
        return Text(text, unreadable=True)
    if len(plain) > MAX_LENGTH:  # NFKC can make a text eighteen times as long
        return words.verbatim(text)
    try:
        plain = plain_latex(unwrap(plain))
        return _read_answer(plain)
    except (ExpressionError, ValueError, RecursionError):
        return words.read(plain)


def _integer(text: str) -> Scalar:
    value = Fraction(int(text))
    return Scalar(Node(Operation.NUMBER, value=value), value, literal=True)


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
    text = text.strip()
    if re.match(r"(?:not|neither|never)\b", text, re.IGNORECASE):
        return words.read(text)
    european = _EUROPEAN.fullmatch(text)
    if european and european.group(2) and (european.group(3) or text.count(".") > 1):
        whole = european.group(1) + european.group(2).replace(".", "").replace(" ", "")
        return _read(whole + (european.group(3) or "").replace(",", "."), depth + 1)
    if "\\begin<" in text:
        return _matrix(text, depth)
    if infinity := _INFINITY.fullmatch(text):
        return Text(("-" if infinity.group(1) == "-" else "") + "infinity")
    if _EMPTY_SET.fullmatch(text):
        return Text("empty set")
    if label := words.choice(text):
        return label
    if _DATE.fullmatch(text):
        return words.read(text)
    if explained := words.explained_yes_no(text):
        return explained
    if _ONE_WORD.fullmatch(text) and text not in ("pi", "Pi"):
        return words.read(text)
    grouped = _GROUPED.sub(lambda match: match.group().replace(",", ""), text)
    quantity = read_quantity(grouped)
    if quantity is not None:
        return quantity
    for form in (_separated(text, depth), _related(text, depth), _bracketed(text, depth)):
        if form is not None:
            return form
    try:
        return read_expression(grouped) or words.read(text)
    except ExpressionError:
        return words.read(text)


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
        return _group(Collection.BARE, [_read_item(part, depth) for part in parts])
    if text.count("±") == 1:
        variants = [text.replace("±", sign) for sign in "+-"]
        return _group(
            Collection.BARE, [_read(v.lstrip().removeprefix("+"), depth + 1) for v in variants]
        )
    return None


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
    if "≈" in operators:  # an exact value and its approximation: the exact one is the answer
        cut = operators.index("≈")
        sides, operators = sides[: cut + 1], operators[:cut]
        if not operators:
            return _read(sides[0], depth + 1)
    if not all(sides):
        if operators == ["="] and sides[1]:
            return _read(sides[1], depth + 1)
        raise ExpressionError("a relation without a side")
    if operators == ["∈"]:
        return _read(sides[1], depth + 1)
    if set(operators) == {"="}:
        return _equation(sides, depth)
    return Relation(tuple(_read(side, depth + 1) for side in sides), tuple(operators))


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
